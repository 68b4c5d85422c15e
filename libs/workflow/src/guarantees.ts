/**
 * The three promises that only the ledger can confirm: a decision's path is what its gate said, data is as new as the
 * calls that fetched it, an action is confirmed by the call that did it. What is produced comes from facts, not labels.
 */
import { ToolRole } from '@writ/contracts';
import type { Instant, InvocationId, Violation } from '@writ/contracts';
import { namesOf } from './attempt.ts';
import type { Attempt } from './attempt.ts';
import { Guarantee } from './contract.ts';
import { LABEL_TOLERANCE_MS } from './limits.ts';
import type { Call } from './state.ts';

export interface Produced {
  readonly routedTo?: string;
  readonly dataAsOfMs?: Instant;
  readonly confirmed?: InvocationId;
}

/** What the attempt produced; meaningless once it has violations. */
export function guaranteeProblems(
  attempt: Attempt,
  counted: readonly Call[],
  violations: Violation[],
): Produced {
  switch (attempt.planned.contract.guarantee) {
    case Guarantee.routes:
      return route(attempt, counted, violations);
    case Guarantee.acts:
      return { ...action(attempt, counted, violations), ...age(attempt, counted, violations) };
    default:
      return age(attempt, counted, violations);
  }
}

function route(attempt: Attempt, counted: readonly Call[], violations: Violation[]): Produced {
  const { asked, planned, submission } = attempt;
  const decisions = asked.filter(
    (call) => call.roles.includes(ToolRole.decision) && call.status === 'succeeded',
  );
  const last = asked.at(-1);
  if (!last || !last.roles.includes(ToolRole.decision) || !counted.includes(last)) {
    const named = planned.contract.requiredFinalTool;
    // A required last tool is named by its own rule already.
    if (named === undefined) {
      const offered = planned.node.tools.length === 0 ? 'a decision tool' : 'the decision tool';
      violations.push({ rule: 'final-tool', detail: `call ${offered} last; ${namesOf(asked)}` });
    }
    return {};
  }
  const routedTo = last.routedTo;
  const others = new Set(decisions.map((call) => call.routedTo).filter((path) => path !== routedTo));
  if (others.size > 0) {
    const paths = [routedTo, ...others].join(', ');
    violations.push({ rule: 'several-routes', detail: `decide once; this attempt routed to ${paths}` });
  }
  if (routedTo === undefined) {
    violations.push({ rule: 'no-route', detail: `${last.tool} gave no \`routedTo\`` });
    return {};
  }
  if (!planned.routes.has(routedTo)) {
    const known = [...planned.routes].join(', ');
    violations.push({
      rule: 'unknown-route',
      detail: `"${routedTo}" is no path from here; there are: ${known}`,
    });
  }
  const claimed = labelOf(submission.output, 'routedTo');
  if (claimed !== undefined && claimed !== routedTo)
    violations.push({
      rule: 'route-mismatch',
      detail: `routedTo is ${JSON.stringify(claimed)}, but ${last.tool} said "${routedTo}"`,
    });
  return { routedTo };
}

/** Measured on the ledger's clock; a label may be older than the data, never newer. */
function age(attempt: Attempt, counted: readonly Call[], violations: Violation[]): Produced {
  const { planned, submission, submittedAtMs, asked } = attempt;
  const { freshnessSeconds, guarantee } = planned.contract;
  const fetched = counted.filter((call) => call.roles.includes(ToolRole.data));
  if (fetched.length === 0) {
    if (guarantee === Guarantee.fetches)
      violations.push({ rule: 'no-data-call', detail: `fetch data with a data tool; ${namesOf(asked)}` });
    return {};
  }
  let oldest = fetched[0] as Call;
  let newest = oldest;
  for (const call of fetched) {
    if (call.endAtMs < oldest.endAtMs) oldest = call;
    if (call.endAtMs > newest.endAtMs) newest = call;
  }
  const ageMs = submittedAtMs - oldest.endAtMs;
  if (freshnessSeconds !== undefined && ageMs > freshnessSeconds * 1_000) {
    const detail = `the data of ${oldest.tool} is ${Math.round(ageMs / 1_000)} s old; fetch it again, ${freshnessSeconds} s are allowed`;
    violations.push({ rule: 'stale-data', detail });
  }
  if (guarantee === Guarantee.fetches) {
    const label = Date.parse(String(labelOf(submission.output, 'fetchedAt')));
    if (label > newest.endAtMs + LABEL_TOLERANCE_MS) {
      const real = new Date(newest.endAtMs).toISOString();
      violations.push({
        rule: 'fresh-label',
        detail: `fetchedAt is later than the data, which is from ${real}`,
      });
    }
  }
  return { dataAsOfMs: oldest.endAtMs };
}

function action(attempt: Attempt, counted: readonly Call[], violations: Violation[]): Produced {
  const acted = counted.filter((call) => call.roles.includes(ToolRole.action));
  if (acted.length === 0) {
    violations.push({ rule: 'no-action-call', detail: `call the action tool; ${namesOf(attempt.asked)}` });
    return {};
  }
  const confirmation = labelOf(attempt.submission.output, 'confirmation');
  const named = labelOf(confirmation, 'invocation');
  const confirmed = acted.find(({ invocation }) => invocation === named);
  if (confirmed) return { confirmed: confirmed.invocation };
  if (named !== undefined)
    violations.push({
      rule: 'unconfirmed',
      detail: `confirmation.invocation ${JSON.stringify(named)} is no action of this attempt`,
    });
  return {};
}

function labelOf(output: unknown, name: string): unknown {
  if (typeof output !== 'object' || output === null || !Object.hasOwn(output, name)) return undefined;
  return (output as Readonly<Record<string, unknown>>)[name];
}
