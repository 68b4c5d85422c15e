/**
 * Policy and budget at one ledger, without hosts: policy folds what is appended at once, the budget lags behind for as long as
 * a history wants. Every decision on stated balances is compared with the budget's own at that moment.
 */
import { balances, budget } from '@writ/budget';
import type { Balance, BudgetState } from '@writ/budget';
import { EVENTS_BY_KIND, MOVING_TYPES, SubjectKind, accountWay, formatMicros } from '@writ/contracts';
import type { Decider, Fact, PolicyDecided, RecordedFact, TenantId } from '@writ/contracts';
import { policy } from '@writ/policy';
import type { PolicyState } from '@writ/policy';

export const TENANT = 'lab' as TenantId;

/** What every decision records of the balances that it saw. */
export const SHOWN = {
  usd: 'budget.remaining.usd >= 0 USD',
  calls: 'budget.remaining.calls >= 0 calls',
  storage: 'budget.remaining.storage >= 0 B',
  share: 'budget.utilisation >= 0.0',
} as const;

/** More than any history owes: a core that answers for ever fails instead of hanging. */
const MOST_ANSWERS = 10_000;

type Told = Pick<Fact, 'type' | 'data'>;

export class Cell {
  now: number;
  /** Decisions that were compared, and of those the ones that had to wait. */
  compared = 0;
  waited = 0;
  /** Calls asked for whose decision is still to come, with the place of their request. */
  readonly open = new Map<string, number>();
  #policy: PolicyState = policy.initial();
  #budget: BudgetState = budget.initial();
  #seq = 0;
  /** What the budget has not folded yet. */
  #unread: RecordedFact[] = [];
  #isStated = false;
  readonly #accounts = new Map<string, { readonly account: string; readonly parent: string | undefined }>();

  constructor(start: number) {
    this.now = start;
  }

  /** Somebody else's fact: an agent's, an operator's, an executor's. */
  append(told: Told, origin: string): void {
    const fact = this.#recorded(told, origin);
    if (fact.type === 'policy.published') this.#isStated = fact.data.balances === 'stated';
    if (fact.type === 'budget.defined') {
      const { account, parent } = fact.data.budget;
      this.#accounts.set(account, { account, parent });
    }
    if (fact.type === 'budget.retired') this.#accounts.delete(fact.data.account);
    if (fact.type === 'tool.requested')
      for (const { invocation } of fact.data.calls) this.open.set(invocation, fact.seq);
    this.#unread.push(fact);
    this.#tellPolicy(fact);
  }

  /** The budget reads on, at most so many facts, and answers them. */
  catchUp(most: number): void {
    for (const fact of this.#unread.splice(0, most))
      if (budget.folds?.has(fact.type)) budget.evolve(this.#budget, fact);
    const answers = answersOf(budget, this.#budget, this.now);
    for (const answer of answers) {
      if (answer.type === 'budget.stated' && !this.#isStated && this.#unread.length === 0)
        throw new Error('balances are stated that no rule reads');
      this.#tellPolicy(this.#recorded(answer, SubjectKind.budget), false);
    }
    this.#policyAnswers();
  }

  get isBehind(): boolean {
    return this.#unread.length > 0;
  }

  restartPolicy(): void {
    this.#policy = restarted(policy, this.#policy);
  }

  restartBudget(): void {
    this.#budget = restarted(budget, this.#budget);
  }

  #recorded(told: Told, origin: string): RecordedFact {
    return { ...told, tenant: TENANT, origin, seq: ++this.#seq, at: this.now } as RecordedFact;
  }

  #tellPolicy(fact: RecordedFact, answering = true): void {
    const kind = Object.values(SubjectKind).find((one) => EVENTS_BY_KIND[one].has(fact.type));
    const isRead =
      kind !== undefined && policy.reads.has(kind) && policy.wants?.(this.#policy, kind) !== false;
    if (isRead) policy.evolve(this.#policy, fact);
    if (answering) this.#policyAnswers();
  }

  #policyAnswers(): void {
    for (const answer of answersOf(policy, this.#policy, this.now)) {
      if (answer.type === 'policy.decided') this.#compare(answer.data);
      this.#unread.push(this.#recorded(answer, SubjectKind.decisions));
    }
  }

  #compare(decided: PolicyDecided): void {
    const asked = this.open.get(decided.invocation);
    this.open.delete(decided.invocation);
    if (!this.#isStated || asked === undefined) return;
    const late = this.#unread.find(({ type, seq }) => MOVING_TYPES.has(type) && seq < asked);
    if (late)
      throw new Error(`${decided.invocation} is decided although the budget has not read ${late.type}`);
    this.compared++;
    if (this.#seq > asked) this.waited++;
    const shown = decided.rules.map(({ policy: name, because = '' }) => [
      name,
      because.replace(/^.* = /, ''),
    ]);
    const expected = this.#expected(decided);
    if (JSON.stringify(shown) !== JSON.stringify(expected))
      throw new Error(`policy shows ${JSON.stringify(shown)}, the budget has ${JSON.stringify(expected)}`);
  }

  #expected({ project, campaign, tool }: PolicyDecided): string[][] {
    const way = accountWay((path) => this.#accounts.get(path), project, campaign);
    const paths = new Set(way.map(({ account }) => account));
    const limits = balances(this.#budget, TENANT, this.now).filter(
      (one) => paths.has(one.account) && (one.tool === undefined || one.tool === tool),
    );
    const free = (unit: string, name: string): string => {
      const all = limits.filter((one) => one.unit === unit).map((one) => one.free);
      return all.length === 0
        ? 'unlimited'
        : `${formatMicros(all.reduce((a, b) => (a < b ? a : b)))} ${name}`;
    };
    const share = Math.max(0, ...limits.map(shareOf));
    return [
      ['calls', free('calls', 'calls')],
      ['share', String(share)],
      ['storage', free('storage', 'B')],
      ['usd', free('usd', 'USD')],
    ];
  }
}

function shareOf({ limit, spent, held, overrun, debt }: Balance): number {
  const used = spent + held + overrun + debt;
  return limit === 0n ? Number(used > 0n) : Number(used) / Number(limit);
}

function restarted<State>(decider: Decider<State>, state: State): State {
  const text = JSON.stringify(decider.snapshot(state));
  const again = decider.restore(JSON.parse(text));
  if (JSON.stringify(decider.snapshot(again)) !== text)
    throw new Error(`restored otherwise than saved: ${text}`);
  return again;
}

/** Everything a core owes, folded as it is answered. */
function answersOf<State>(decider: Decider<State>, state: State, now: number): Fact[] {
  const all: Fact[] = [];
  for (;;) {
    const owed = decider.react(state, now, undefined);
    if (owed.length === 0) return all;
    for (const one of owed) decider.evolve(state, { ...one, origin: decider.writes, seq: 0, at: now });
    all.push(...owed);
    if (all.length > MOST_ANSWERS) throw new Error(`${decider.name} answers for ever`);
  }
}
