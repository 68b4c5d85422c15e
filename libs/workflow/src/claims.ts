/** The calls that an agent says its output rests on, held against the ledger: each claim that is not true is named. */
import type { InvocationId, Violation } from '@writ/contracts';
import type { Attempt } from './attempt.ts';
import type { Call, CallStatus } from './state.ts';

const FALSE_CLAIMS: Readonly<Record<Exclude<CallStatus, 'succeeded' | 'pending'>, string>> = {
  failed: 'failed-call',
  denied: 'denied-call',
  refused: 'refused-call',
  cancelled: 'cancelled-call',
};

/** The claimed calls that count, in the order in which they were asked for. */
export function callProblems(attempt: Attempt, violations: Violation[]): readonly Call[] {
  const { submission, asked } = attempt;
  const mine = new Set<Call>(asked);
  const claimed = new Set<Call>();
  const repeated = new Set<InvocationId>();
  for (const invocation of submission.used) {
    if (repeated.has(invocation)) {
      violations.push({ rule: 'repeated-claim', detail: `call ${invocation} is claimed twice` });
      continue;
    }
    repeated.add(invocation);
    const call = attempt.lookup(invocation);
    const wrong = falseClaim(attempt, invocation, call, mine);
    if (wrong) violations.push(wrong);
    else if (call) claimed.add(call);
  }
  for (const call of asked) {
    if (!isEnded(call, attempt))
      violations.push({
        rule: 'unfinished-call',
        detail: `wait for the outcome of ${call.tool} (${call.invocation})`,
      });
  }
  return asked.filter((call) => claimed.has(call));
}

function falseClaim(
  attempt: Attempt,
  invocation: InvocationId,
  call: Call | undefined,
  mine: ReadonlySet<Call>,
): Violation | undefined {
  const { run, node, attempt: number } = attempt.submission;
  if (!call) {
    return {
      rule: 'unknown-call',
      detail: `the ledger has no call ${invocation} of attempt ${number} of "${node}"`,
    };
  }
  const { flow } = call;
  if (flow.run !== run)
    return { rule: 'other-run', detail: `call ${invocation} belongs to run "${flow.run}"` };
  if (flow.node !== node)
    return { rule: 'other-node', detail: `call ${invocation} belongs to node "${flow.node}"` };
  if (flow.attempt !== number)
    return { rule: 'other-attempt', detail: `call ${invocation} belongs to attempt ${flow.attempt}` };
  if (!mine.has(call))
    return { rule: 'late-call', detail: `call ${invocation} was asked for after the submission` };
  if (!isEnded(call, attempt)) return undefined; // Named as unfinished, claimed or not.
  if (call.status === 'succeeded' || call.status === 'pending') return undefined;
  const why = call.why === undefined ? '' : `: ${call.why}`;
  return {
    rule: FALSE_CLAIMS[call.status],
    detail: `call ${invocation} of ${call.tool} ${call.status}${why}`,
  };
}

/** Before the submission; a call's own denial carries no sequence and ends it at once. */
function isEnded({ status, endSeq }: Call, { submittedSeq }: Attempt): boolean {
  return status !== 'pending' && endSeq < submittedSeq;
}
