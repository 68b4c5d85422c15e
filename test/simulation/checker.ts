/**
 * Judges a ledger by ARCHITECTURE §8, fact by fact, with none of the cores' code: naive maps, one rule after another.
 * Every prefix is judged, because each fact is checked against all that stood before it.
 */
import { decodeCommit, limitsOf, windowName } from '@writ/contracts';
import type { HoldLine, RecordedFact, StoredCommit } from '@writ/contracts';

interface Call {
  digest: string | undefined;
  allowed: boolean;
  holds: readonly HoldLine[] | undefined;
  /** Held, and people are asked. */
  escalated: boolean;
  closed: boolean;
  terminal: string | undefined;
  indeterminate: boolean;
  starts: number;
  /** Since its last start it was found, or said, to have had no effect. */
  undone: boolean;
  /** A person said what became of it. */
  said: boolean;
  readonly notes: Set<string>;
  readonly returned: Set<string>;
  readonly granted: Set<string>;
}

export interface Verdict {
  readonly violations: readonly string[];
  /** Invocations asked for that have not ended. */
  readonly open: readonly string[];
  readonly terminals: Readonly<Record<string, number>>;
}

export class Checker {
  readonly violations: string[] = [];
  readonly #calls = new Map<string, Call>();
  readonly #used = new Map<string, bigint>();
  readonly #limits = new Map<string, bigint>();
  /** What the budget stated last of each limit of a whole allocation. */
  readonly #stated = new Map<string, bigint>();
  readonly #onceTools = new Set<string>();
  readonly #queryable = new Set<string>();
  readonly #tools = new Map<string, string>();

  /** A ledger in which everything that was owed is answered. */
  judge(commits: readonly StoredCommit[]): Verdict {
    const verdict = this.judgeFacts(commits.flatMap((commit) => decodeCommit(commit)));
    for (const [key, stated] of this.#stated) {
      const used = this.#used.get(key) ?? 0n;
      if (stated !== used) this.violations.push(`${key}: ${stated} is stated in the end, ${used} is used`);
    }
    return verdict;
  }

  judgeFacts(facts: readonly RecordedFact[]): Verdict {
    for (const fact of facts) this.hear(fact);
    return this.verdict();
  }

  /** On everything heard so far. */
  verdict(): Verdict {
    const open: string[] = [];
    const terminals: Record<string, number> = {};
    for (const [key, call] of this.#calls) {
      if (call.terminal === undefined) open.push(key);
      for (const end of [
        call.terminal ?? 'none',
        ...(call.indeterminate ? ['indeterminate'] : []),
        ...call.notes,
      ]) {
        terminals[end] = (terminals[end] ?? 0) + 1;
      }
    }
    return { violations: this.violations, open, terminals };
  }

  /** The next fact of the ledger. */
  hear(fact: RecordedFact): void {
    const { tenant } = fact;
    if (fact.type === 'tool.registered' && fact.data.tool.effects === 'once')
      this.#onceTools.add(fact.data.tool.name);
    if (fact.type === 'tool.registered' && fact.data.tool.effects === 'queryable')
      this.#queryable.add(fact.data.tool.name);
    if (fact.type === 'budget.defined') {
      for (const [unit, given] of Object.entries(fact.data.budget.limits)) {
        // Of a window the checker would have to know the clock; the whole allocation needs none.
        for (const limit of limitsOf(given))
          if (windowName(limit) === '')
            this.#limits.set(
              `${tenant} ${fact.data.budget.account} ${unit}`,
              BigInt(limit.hard) * 1_000_000n,
            );
      }
    }
    if (fact.type === 'tool.requested') {
      for (const { invocation, tool } of fact.data.calls) {
        this.#call(tenant, invocation);
        if (!this.#tools.has(`${tenant}/${invocation}`)) this.#tools.set(`${tenant}/${invocation}`, tool);
      }
    }
    this.#decision(fact);
    this.#money(fact);
    this.#execution(fact);
    this.#terminal(fact);
  }

  #decision(fact: RecordedFact): void {
    if (fact.type !== 'policy.decided' || fact.data.verdict !== 'allow') return;
    const call = this.#call(fact.tenant, fact.data.invocation);
    if (call.allowed) this.#violated(fact, 'is allowed twice');
    call.allowed = true;
    call.digest = fact.data.argsDigest;
  }

  #money(fact: RecordedFact): void {
    if (fact.type === 'budget.reserved' || fact.type === 'budget.escalated') {
      const call = this.#call(fact.tenant, fact.data.invocation);
      const granted = call.escalated && fact.type === 'budget.reserved';
      if (call.holds && !granted) this.#violated(fact, 'is held for twice');
      call.escalated = fact.type === 'budget.escalated';
      if (granted) return;
      call.holds = fact.data.holds;
      for (const line of fact.data.holds) this.#hold(fact, line);
    } else if (fact.type === 'budget.released') {
      const call = this.#call(fact.tenant, fact.data.invocation);
      if (!call.holds || call.closed) this.#violated(fact, 'is released without an open hold');
      call.closed = true;
      for (const line of call.holds ?? []) this.#spend(fact, line, -BigInt(line.amount));
    } else if (fact.type === 'budget.stated') {
      for (const { account, unit, tool, window, used } of fact.data.limits)
        if (tool === undefined && window === undefined)
          this.#stated.set(`${fact.tenant} ${account} ${unit}`, BigInt(used));
    } else if (fact.type === 'execution.completed' || fact.type === 'execution.attempted') {
      const call = this.#call(fact.tenant, fact.data.invocation);
      if (!call.holds || call.closed) this.#violated(fact, 'ends an attempt without an open hold');
      this.#settle(fact, call.holds ?? [], fact.data.usage);
      call.closed = fact.type === 'execution.completed';
      // Another attempt has to be held for anew.
      if (!call.closed) call.holds = undefined;
    } else if (fact.type === 'schedule.resolved') {
      const call = this.#call(fact.tenant, fact.data.invocation);
      if (!call.holds || call.closed) this.#violated(fact, 'is resolved without an open hold');
      call.closed = true;
      this.#settle(fact, call.holds ?? [], fact.data.used ?? {});
    }
  }

  /** What was used is charged, also beyond the hold; of a unit that was not held every limit of the tenant pays. */
  #settle(fact: RecordedFact, holds: readonly HoldLine[], usage: Readonly<Record<string, string>>): void {
    for (const line of holds)
      this.#spend(fact, line, BigInt(usage[line.unit] ?? line.amount) - BigInt(line.amount));
    for (const key of this.#limits.keys()) {
      const [tenant, account = '', unit = ''] = key.split(' ');
      if (tenant !== fact.tenant || holds.some((line) => line.account === account && line.unit === unit))
        continue;
      this.#spend(fact, { account, unit }, BigInt(usage[unit] ?? 0));
    }
  }

  #hold(fact: RecordedFact, line: HoldLine): void {
    const used = this.#spend(fact, line, BigInt(line.amount));
    const key = `${fact.tenant} ${line.account} ${line.unit}`;
    const limit = this.#limits.get(key);
    if (limit !== undefined && used > limit) this.#violated(fact, `overspends ${key}: ${used} of ${limit}`);
  }

  #spend({ tenant }: RecordedFact, { account, unit }: Omit<HoldLine, 'amount'>, amount: bigint): bigint {
    const key = `${tenant} ${account} ${unit}`;
    const used = (this.#used.get(key) ?? 0n) + amount;
    this.#used.set(key, used);
    return used;
  }

  #execution(fact: RecordedFact): void {
    if (fact.type === 'schedule.dispatched') {
      const call = this.#call(fact.tenant, fact.data.invocation);
      if (!call.allowed || !call.holds) this.#violated(fact, 'is granted without an allow and a hold');
      if (call.terminal) this.#violated(fact, `is granted after it ended by ${call.terminal}`);
      call.granted.add(`${fact.data.attempt}@${fact.data.executor}`);
    } else if (fact.type === 'invocation.resolved') {
      this.#call(fact.tenant, fact.data.invocation).said = true;
    } else if (fact.type === 'schedule.resolved') {
      const call = this.#call(fact.tenant, fact.data.invocation);
      if (!call.indeterminate || !call.said) this.#violated(fact, 'is resolved without a word of a person');
    } else if (fact.type === 'execution.queried' || fact.type === 'execution.returned') {
      this.#handled(fact);
    } else if (
      fact.type === 'execution.started' ||
      fact.type === 'execution.completed' ||
      fact.type === 'execution.attempted'
    ) {
      const call = this.#call(fact.tenant, fact.data.invocation);
      if (!call.allowed || call.digest !== fact.data.argsDigest)
        this.#violated(fact, 'runs what was not allowed');
      if (call.terminal) this.#violated(fact, `runs after it ended by ${call.terminal}`);
      if (!call.granted.has(`${fact.data.attempt}@${fact.data.executor}`))
        this.#violated(fact, 'runs without a grant');
      if (call.returned.has(`${fact.data.attempt}@${fact.data.executor}`))
        this.#violated(fact, 'runs what was given back');
      if (fact.type === 'execution.attempted') {
        call.undone = true;
        call.notes.add(fact.data.cause);
      }
      if (fact.type === 'execution.started') this.#started(fact, call);
    } else if (fact.type === 'schedule.indeterminate') {
      this.#call(fact.tenant, fact.data.invocation).indeterminate = true;
    }
  }

  #handled(fact: RecordedFact<'execution.queried' | 'execution.returned'>): void {
    const call = this.#call(fact.tenant, fact.data.invocation);
    if (call.terminal) this.#violated(fact, `is handled after it ended by ${call.terminal}`);
    if (fact.type === 'execution.returned') {
      call.notes.add('returned');
      call.returned.add(`${fact.data.attempt}@${fact.data.executor}`);
      return;
    }
    const { answer } = fact.data;
    call.notes.add(answer);
    if (answer === 'not-done') call.undone = true;
  }

  #started(fact: RecordedFact<'execution.started'>, call: Call): void {
    call.starts += 1;
    const tool = this.#tools.get(`${fact.tenant}/${fact.data.invocation}`) ?? '';
    if (call.starts > 1 && this.#onceTools.has(tool)) this.#violated(fact, 'starts a once tool again');
    if (!call.undone && this.#queryable.has(tool)) this.#violated(fact, 'starts again without a question');
    call.undone = false;
  }

  #terminal(fact: RecordedFact): void {
    const { invocation } = fact.data as { readonly invocation?: string };
    if (invocation === undefined || !isTerminal(fact)) return;
    const call = this.#call(fact.tenant, invocation);
    if (call.terminal) this.#violated(fact, `ends a second time, after ${call.terminal}`);
    call.terminal = fact.type;
  }

  #call(tenant: string, invocation: string): Call {
    const key = `${tenant}/${invocation}`;
    let call = this.#calls.get(key);
    if (!call) {
      call = {
        digest: undefined,
        allowed: false,
        holds: undefined,
        escalated: false,
        closed: false,
        terminal: undefined,
        indeterminate: false,
        starts: 0,
        undone: true,
        said: false,
        notes: new Set(),
        returned: new Set(),
        granted: new Set(),
      };
      this.#calls.set(key, call);
    }
    return call;
  }

  #violated(fact: RecordedFact, what: string): void {
    const { invocation } = fact.data as { readonly invocation?: string };
    this.violations.push(`${fact.tenant}/${invocation} ${what} (${fact.type}, sequence ${fact.seq})`);
  }
}

function isTerminal(fact: RecordedFact): boolean {
  switch (fact.type) {
    case 'policy.decided':
      return fact.data.verdict === 'deny';
    case 'request.rejected':
      return fact.data.reason !== 'duplicate-id';
    case 'budget.refused':
    case 'schedule.refused':
    case 'invocation.cancelled':
    case 'execution.completed':
    case 'schedule.resolved':
      return true;
    default:
      return false;
  }
}
