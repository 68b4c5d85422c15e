/**
 * Whether an attempt kept its node's contract, judged by what the ledger says of its calls and never by what the agent
 * says: a claimed call counts only if this attempt asked for it, it succeeded, and it had ended before the submission.
 */
import { canonicalJson, digestOfBytes, messageOf } from '@writ/contracts';
import type { Digest, Violation } from '@writ/contracts';
import { namesOf } from './attempt.ts';
import type { Attempt } from './attempt.ts';
import { callProblems } from './claims.ts';
import { guaranteeProblems } from './guarantees.ts';
import type { Produced } from './guarantees.ts';
import { MAX_DETAIL_LENGTH, MAX_OUTPUT_LENGTH, MAX_VIOLATIONS } from './limits.ts';
import { mayCall } from './plan.ts';
import { schemaCheck } from './schema-check.ts';
import type { Call } from './state.ts';

export type Checked =
  | { readonly violations: readonly Violation[]; readonly kept?: never }
  | { readonly kept: Kept; readonly violations?: never };

export interface Kept extends Produced {
  readonly outputDigest: Digest;
  /** The calls that count. */
  readonly calls: readonly Call[];
}

export function check(attempt: Attempt): Checked {
  const { submission, planned } = attempt;
  const late = timing(attempt);
  if (submission.failure) {
    const { code, message } = submission.failure;
    return { violations: bounded(late.length > 0 ? late : [{ rule: code, detail: message }]) };
  }
  const violations: Violation[] = [...late];
  const counted = callProblems(attempt, violations);
  usage(attempt, counted, violations);
  const produced = guaranteeProblems(attempt, counted, violations);
  const outputDigest = outputProblems(attempt, violations);
  const { output } = submission;
  if (output !== undefined) {
    for (const schema of planned.contract.outputSchemas) {
      const wrong = schemaCheck(schema)(output, 'output');
      if (wrong !== undefined) violations.push({ rule: 'output-schema', detail: `the ${wrong}` });
    }
  }
  if (violations.length > 0 || outputDigest === undefined) return { violations: bounded(violations) };
  return { kept: { ...produced, outputDigest, calls: counted } };
}

function timing({ planned, openedAtMs, submittedAtMs }: Attempt): Violation[] {
  const { timeoutSeconds } = planned.contract;
  const tookMs = submittedAtMs - openedAtMs;
  if (tookMs <= timeoutSeconds * 1_000) return [];
  return [
    {
      rule: 'timed-out',
      detail: `the attempt took ${Math.round(tookMs / 1_000)} s; it has ${timeoutSeconds} s`,
    },
  ];
}

/** Counts and names of calls. What helps the agent counts only if it is claimed; what it should not do counts anyway. */
function usage({ planned, asked }: Attempt, counted: readonly Call[], violations: Violation[]): void {
  const { contract, node } = planned;
  const { requiredFinalTool: final, minToolCalls: least, maxToolCalls: most } = contract;
  const called = namesOf(asked);
  if (contract.toolUsageRequired && counted.length === 0)
    violations.push({ rule: 'no-tool-used', detail: `call a tool; ${called}` });
  else if (counted.length < least)
    violations.push({
      rule: 'too-few-calls',
      detail: `make at least ${least} calls that succeed; ${called}`,
    });
  if (asked.length > most)
    violations.push({
      rule: 'too-many-calls',
      detail: `make at most ${most} calls; you made ${asked.length}`,
    });
  for (const tool of contract.requiredTools) {
    if (!counted.some((call) => call.tool === tool))
      violations.push({ rule: 'missing-tool', detail: `call \`${tool}\`; ${called}` });
  }
  for (const tool of new Set(asked.map((call) => call.tool))) {
    if (contract.forbiddenTools.includes(tool))
      violations.push({ rule: 'forbidden-tool', detail: `do not call \`${tool}\`` });
    else if (!mayCall(node, tool))
      violations.push({
        rule: 'tool-not-offered',
        detail: `\`${tool}\` is none of ${node.tools.join(', ')}`,
      });
  }
  const last = asked.at(-1);
  if (final !== undefined && !(last?.tool === final && counted.includes(last)))
    violations.push({ rule: 'final-tool', detail: `call \`${final}\` last; ${called}` });
}

function outputProblems({ submission }: Attempt, violations: Violation[]): Digest | undefined {
  const { output, outputDigest: claimed } = submission;
  if (output === undefined) {
    violations.push({ rule: 'no-output', detail: 'submit an output' });
    return undefined;
  }
  let text: string;
  try {
    text = canonicalJson(output);
  } catch (error) {
    violations.push({
      rule: 'no-output',
      detail: `the output has no canonical JSON form: ${messageOf(error)}`,
    });
    return undefined;
  }
  if (text.length > MAX_OUTPUT_LENGTH) {
    const detail = `the output has ${text.length} characters; at most ${MAX_OUTPUT_LENGTH} flow on`;
    violations.push({ rule: 'output-too-large', detail });
    return undefined;
  }
  const digest = digestOfBytes(text);
  if (claimed !== undefined && claimed !== digest)
    violations.push({
      rule: 'digest-mismatch',
      detail: `outputDigest is ${claimed}, the output has ${digest}`,
    });
  return digest;
}

function bounded(violations: readonly Violation[]): Violation[] {
  return violations
    .slice(0, MAX_VIOLATIONS)
    .map(({ rule, detail }) => ({ rule, detail: detail.slice(0, MAX_DETAIL_LENGTH) }));
}
