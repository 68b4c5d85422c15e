/** How a call ended, for a person. */
import { sentenceOf } from '@writ/sdk';
import type { CallOutcome } from '@writ/sdk';
import type { Paint } from './terminal.ts';

export function outcomeText(outcome: CallOutcome, paint: Paint): string {
  const took = paint('grey', `${outcome.invocation}  ${Math.round(outcome.totalMs)} ms`);
  if (outcome.status !== 'succeeded')
    return `${paint('red', outcome.status)}  ${took}\n${sentenceOf(outcome)}`;
  const used = Object.entries(outcome.usage).map(([unit, amount]) => `${amount} ${unit}`);
  const where = [`on ${outcome.executor} in ${Math.round(outcome.runMs)} ms`, ...used].join(', ');
  const output = outcome.outputRef
    ? `output of ${outcome.outputRef.bytes} bytes in the object store: ${outcome.outputRef.digest}`
    : JSON.stringify(outcome.output, null, 2);
  return `${paint('green', 'succeeded')}  ${took}  ${where}\n${output}`;
}
