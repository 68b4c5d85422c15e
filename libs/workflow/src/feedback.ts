/** Violations turned into an instruction that a model can follow. */
import type { Violation } from '@writ/contracts';
import { MAX_FEEDBACK_LENGTH } from './limits.ts';

export function feedbackOf(node: string, violations: readonly Violation[]): string {
  const [first, ...more] = violations.map(({ detail }) => detail);
  const text =
    more.length === 0
      ? `The output of node "${node}" was not accepted: ${first ?? 'its contract is not kept'}.`
      : `The output of node "${node}" was not accepted:\n${[first, ...more].map((detail) => `- ${detail}`).join('\n')}`;
  return text.slice(0, MAX_FEEDBACK_LENGTH);
}
