/**
 * A candidate bundle over what agents really asked for: every recorded call is decided again and compared with its first
 * recorded decision. The candidate remembers its own decisions for limits and history; runs and money are those that were
 * recorded.
 */
import { PolicyAction, Verdict } from '@writ/contracts';
import type { Instant, InvocationId, PolicyDecided, RecordedFact } from '@writ/contracts';
import { requestContext } from '../request-context.ts';
import { Trial, askedCall } from '../trial.ts';
import type { TrialCatalog } from '../trial.ts';

/** What the candidate says where it differs. */
export const Shift = {
  newlyDenied: 'newly denied',
  newlyAllowed: 'newly allowed',
  newlyAsked: 'newly sent to people',
} as const;
export type Shift = (typeof Shift)[keyof typeof Shift];

export interface ShiftExample {
  readonly invocation: string;
  readonly agent: string;
  readonly tool: string;
  readonly before: string;
  readonly after: string;
  /** The rule that decides now, or that decided before. */
  readonly rule: string;
  readonly reason: string;
}

export interface BacktestReport {
  readonly decisions: number;
  readonly unchanged: number;
  readonly fromMs: Instant;
  readonly untilMs: Instant;
  readonly shifts: readonly {
    readonly shift: Shift;
    readonly calls: number;
    readonly byRule: readonly { readonly rule: string; readonly calls: number }[];
    readonly examples: readonly ShiftExample[];
  }[];
  /** Approvals that each group is asked for in a day, before and with the candidate. */
  readonly approvals: readonly {
    readonly approver: string;
    readonly before: number;
    readonly after: number;
  }[];
}

interface ShiftCount {
  calls: number;
  readonly byRule: Map<string, number>;
  readonly examples: ShiftExample[];
}

const MAX_EXAMPLES = 3;
const MS_PER_DAY = 86_400_000;

/** Who is asked when a rule names nobody. */
const ANYONE = '(any approver)';

export class Backtest {
  readonly #trial: Trial;
  readonly #sinceMs: Instant;
  /** What the candidate said about calls whose recorded decision is still to come. */
  readonly #open = new Map<InvocationId, PolicyDecided | 'rejected'>();
  readonly #shifts = new Map<Shift, ShiftCount>();
  readonly #approvals = { before: new Map<string, number>(), after: new Map<string, number>() };
  #decisions = 0;
  #unchanged = 0;
  #fromMs: Instant | undefined;
  #untilMs: Instant = 0;

  constructor(candidate: TrialCatalog, sinceMs: Instant) {
    this.#trial = new Trial(candidate);
    this.#sinceMs = sinceMs;
  }

  /** Folds the next recorded fact of the tenant. */
  fold(fact: RecordedFact): void {
    switch (fact.type) {
      case 'tool.requested':
        if (fact.at >= this.#sinceMs) this.#ask(fact);
        break;
      case 'policy.decided':
        this.#compare(fact.data);
        break;
      case 'request.rejected':
        if (fact.data.invocation !== undefined) this.#open.delete(fact.data.invocation);
        break;
      case 'budget.reserved':
      case 'budget.escalated':
      case 'budget.released':
      case 'budget.adjusted':
      case 'execution.completed':
      case 'execution.attempted':
      case 'schedule.resolved':
        this.#trial.fold(fact);
        break;
      default:
        break;
    }
  }

  report(): BacktestReport {
    const fromMs = this.#fromMs ?? this.#sinceMs;
    const days = Math.max(1, (this.#untilMs - fromMs) / MS_PER_DAY);
    const { before, after } = this.#approvals;
    const approvers = [...new Set([...before.keys(), ...after.keys()])].sort();
    return {
      decisions: this.#decisions,
      unchanged: this.#unchanged,
      fromMs,
      untilMs: this.#untilMs,
      shifts: Object.values(Shift).flatMap((shift) => {
        const count = this.#shifts.get(shift);
        if (!count) return [];
        const byRule = Array.from(count.byRule, ([rule, calls]) => ({ rule, calls }));
        byRule.sort((a, b) => b.calls - a.calls);
        return [{ shift, calls: count.calls, byRule, examples: count.examples }];
      }),
      approvals: approvers.map((approver) => ({
        approver,
        before: (before.get(approver) ?? 0) / days,
        after: (after.get(approver) ?? 0) / days,
      })),
    };
  }

  #ask({ data, origin, at }: RecordedFact<'tool.requested'>): void {
    this.#fromMs ??= at;
    this.#untilMs = at;
    const request = requestContext(data);
    for (const { invocation, tool, inputs } of data.calls) {
      if (this.#open.has(invocation)) continue;
      const { decided } = this.#trial.decide(askedCall(invocation, origin, tool, inputs, request), at);
      this.#open.set(invocation, decided ?? 'rejected');
      if (decided) this.#trial.remember(decided, at);
    }
  }

  /** The first decision counts; what people said to it later is not the bundle's doing. */
  #compare(before: PolicyDecided): void {
    const after = this.#open.get(before.invocation);
    if (after === undefined) return;
    this.#open.delete(before.invocation);
    this.#decisions++;
    if (after === 'rejected') return;
    countAsked(this.#approvals.before, before);
    countAsked(this.#approvals.after, after);
    if (after.verdict === before.verdict) this.#unchanged++;
    else this.#shifted(before, after);
  }

  #shifted(before: PolicyDecided, after: PolicyDecided): void {
    const shift = SHIFT_TO[after.verdict];
    let count = this.#shifts.get(shift);
    if (!count) this.#shifts.set(shift, (count = { calls: 0, byRule: new Map(), examples: [] }));
    const rule = decidingRule(after.verdict === Verdict.allow ? before : after);
    count.calls++;
    count.byRule.set(rule, (count.byRule.get(rule) ?? 0) + 1);
    if (count.examples.length >= MAX_EXAMPLES) return;
    const { invocation, agent, tool } = after;
    const reason = after.denial?.reason ?? before.denial?.reason ?? '';
    count.examples.push({
      invocation,
      agent,
      tool,
      before: before.verdict,
      after: after.verdict,
      rule,
      reason,
    });
  }
}

const SHIFT_TO: Readonly<Record<Verdict, Shift>> = {
  [Verdict.deny]: Shift.newlyDenied,
  [Verdict.allow]: Shift.newlyAllowed,
  [Verdict.requireApproval]: Shift.newlyAsked,
};

function decidingRule({ denial, rules }: PolicyDecided): string {
  const asking = rules.find(
    ({ action, mode }) => action === PolicyAction.requireApproval && mode === 'enforce',
  );
  return denial?.rule ?? asking?.policy ?? '(none)';
}

function countAsked(counts: Map<string, number>, { verdict, approval }: PolicyDecided): void {
  if (verdict !== Verdict.requireApproval || !approval) return;
  const approvers = approval.approvers.length === 0 ? [ANYONE] : approval.approvers;
  for (const approver of approvers) counts.set(approver, (counts.get(approver) ?? 0) + 1);
}
