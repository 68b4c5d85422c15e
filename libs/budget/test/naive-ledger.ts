/**
 * One tenant's accounts, kept in the plainest way: a list of open holds that is added up whenever a sum is wanted.
 * Written from the rules, not from the core, so that the two can disagree.
 */
import { invariant } from '@writ/contracts';
import type { RecordedFact } from '@writ/contracts';

interface Definition {
  readonly limits: Record<string, number>;
  readonly alerts: readonly number[];
}
interface Line {
  readonly invocation: string;
  readonly account: string;
  readonly unit: string;
  readonly amount: bigint;
}
interface Call {
  readonly ask: RecordedFact<'policy.decided'>['data'];
  /** The accounts that were defined on its way when it was reserved. */
  way?: string[];
  releasing?: string;
}
type Answer = { readonly type: string; readonly tenant: string; readonly data: object };

const MILLION = 1_000_000n;
const REASONS: Record<string, string> = {
  'approval.denied': 'denied',
  'approval.expired': 'expired',
  'schedule.refused': 'refused',
  'invocation.cancelled': 'cancelled',
};

export class NaiveLedger {
  readonly tenant: string;
  readonly #definitions = new Map<string, Definition>();
  readonly #calls = new Map<string, Call>();
  readonly #told = new Map<string, Set<number>>();
  readonly #spent = new Map<string, bigint>();
  readonly #overrun = new Map<string, bigint>();
  #open: Line[] = [];
  #queue: string[] = [];
  #alerts: Answer[] = [];

  constructor(tenant: string) {
    this.tenant = tenant;
  }

  fold(fact: RecordedFact): void {
    if (fact.type === 'budget.defined') this.#define(fact.data.budget.account, fact.data.budget as Definition);
    else if (fact.type === 'budget.retired') this.#retire(fact.data.account);
    else if (fact.type === 'policy.decided' && fact.data.verdict === 'deny')
      this.#end(fact.data.invocation, 'denied');
    else if (fact.type === 'policy.decided') this.#ask(fact.data);
    else if (fact.type === 'execution.completed') this.#settle(fact.data.invocation, fact.data.usage);
    else {
      const reason = REASONS[fact.type];
      if (reason) this.#end((fact.data as { invocation: string }).invocation, reason);
    }
  }

  /** Everything owed, in order; a hold's alerts stand right after it, those of a definition before all. */
  answers(): Answer[] {
    const all = this.#alerts.splice(0);
    for (const invocation of this.#queue.splice(0)) {
      const call = this.#calls.get(invocation);
      invariant(call, 'who is in the queue has a call');
      if (call.releasing === undefined) all.push(this.#answer(call, invocation));
      else {
        this.#close(invocation);
        all.push(this.#fact('budget.released', { invocation, reason: call.releasing }));
      }
      all.push(...this.#alerts.splice(0));
    }
    return all;
  }

  /** `account unit limit spent held overrun` of every limit in force, sorted. */
  sums(): string[] {
    return [...this.#definitions]
      .flatMap(([path, { limits }]) =>
        Object.keys(limits).map((unit) => {
          const key = `${path} ${unit}`;
          const spent = this.#spent.get(key) ?? 0n;
          const used = this.#used(path, unit);
          return [key, this.#limit(path, unit), spent, used - spent, this.#overrun.get(key) ?? 0n].join(' ');
        }),
      )
      .sort();
  }

  #define(path: string, definition: Definition): void {
    const before = this.#definitions.get(path);
    this.#definitions.set(path, definition);
    for (const unit of Object.keys(definition.limits)) {
      const same =
        before?.limits[unit] === definition.limits[unit] &&
        before?.alerts.join() === definition.alerts.join();
      if (!same) this.#told.delete(`${path} ${unit}`);
    }
    for (const unit of this.#unitsOf(path)) this.#tell(path, unit);
  }

  #retire(path: string): void {
    this.#definitions.delete(path);
    this.#told.forEach((_, key) => key.startsWith(`${path} `) && this.#told.delete(key));
  }

  #ask(ask: Call['ask']): void {
    if (this.#calls.has(ask.invocation)) return;
    this.#calls.set(ask.invocation, { ask });
    this.#queue.push(ask.invocation);
  }

  #end(invocation: string, reason: string): void {
    const call = this.#calls.get(invocation);
    if (!call || call.releasing !== undefined) return;
    if (!call.way) return this.#close(invocation);
    call.releasing = reason;
    this.#queue.push(invocation);
  }

  #settle(invocation: string, usage: Readonly<Record<string, string>>): void {
    const call = this.#calls.get(invocation);
    if (!call || call.releasing !== undefined) return;
    const held = this.#open.filter((line) => line.invocation === invocation);
    this.#close(invocation);
    for (const { account, unit, amount } of held) {
      const used = BigInt(usage[unit] ?? amount);
      this.#add(this.#spent, account, unit, used < amount ? used : amount);
      if (used > amount) this.#add(this.#overrun, account, unit, used - amount);
    }
    for (const [unit, used] of Object.entries(usage)) {
      for (const account of call.way ?? []) {
        const wasHeld = held.some((line) => line.account === account && line.unit === unit);
        if (!wasHeld && this.#limit(account, unit) !== undefined)
          this.#add(this.#overrun, account, unit, BigInt(used));
      }
    }
  }

  #answer(call: Call, invocation: string): Answer {
    const { project, campaign, agent, ceiling } = call.ask;
    const names = campaign ? ['/', project, `${project}/${campaign}`, campaign] : ['/', project];
    const way = [...new Set(names)].filter((path) => this.#definitions.has(path));
    if (way.length === 0 && this.#definitions.size > 0) {
      this.#close(invocation);
      const account = campaign ? `${project}/${campaign}` : project;
      return this.#fact('budget.refused', { invocation, agent, reason: 'unknown-account', account });
    }
    const lines: Line[] = [];
    for (const account of way) {
      for (const unit of this.#unitsOf(account)) {
        const amount = BigInt(ceiling[unit] ?? (unit === 'calls' ? MILLION : 0n));
        const limit = this.#limit(account, unit) ?? 0n;
        const left = limit - this.#used(account, unit);
        if (amount > 0n && amount > left) {
          this.#close(invocation);
          const free = `${left > 0n ? left : 0n}`;
          const short = { account, unit, asked: `${amount}`, free, limit: `${limit}` };
          return this.#fact('budget.refused', { invocation, agent, reason: 'exhausted', ...short });
        }
        if (amount > 0n) lines.push({ invocation, account, unit, amount });
      }
    }
    this.#open.push(...lines);
    call.way = way;
    for (const { account, unit } of lines) {
      const limit = this.#limit(account, unit) ?? 0n;
      invariant(this.#used(account, unit) <= limit, `${account} holds more ${unit} than its limit`);
      this.#tell(account, unit);
    }
    const holds = lines.map(({ account, unit, amount }) => ({ account, unit, amount: `${amount}` }));
    return this.#fact('budget.reserved', { invocation, holds });
  }

  #tell(account: string, unit: string): void {
    const key = `${account} ${unit}`;
    const limit = this.#limit(account, unit);
    const used = this.#used(account, unit);
    if (limit === undefined || used === 0n) return;
    const told = this.#told.get(key) ?? new Set();
    this.#told.set(key, told);
    for (const share of [...(this.#definitions.get(account)?.alerts ?? [])].sort((a, b) => a - b)) {
      if (told.has(share) || used * 100n < limit * BigInt(Math.round(share * 100))) continue;
      told.add(share);
      this.#alerts.push(
        this.#fact('budget.alerted', { account, unit, share, used: `${used}`, limit: `${limit}` }),
      );
    }
  }

  /** Forgets a call and what it holds. */
  #close(invocation: string): void {
    this.#calls.delete(invocation);
    this.#open = this.#open.filter((line) => line.invocation !== invocation);
    this.#queue = this.#queue.filter((queued) => queued !== invocation);
  }

  /** In the order in which the account first heard of them. */
  #unitsOf(path: string): string[] {
    const units = (this.#units[path] ??= []);
    const limits = this.#definitions.get(path)?.limits ?? {};
    for (const unit of Object.keys(limits)) if (!units.includes(unit)) units.push(unit);
    return units.filter((unit) => unit in limits);
  }
  readonly #units: Record<string, string[]> = {};

  #limit(path: string, unit: string): bigint | undefined {
    const limit = this.#definitions.get(path)?.limits[unit];
    return limit === undefined ? undefined : BigInt(limit) * MILLION;
  }

  #used(path: string, unit: string): bigint {
    const held = this.#open.filter((line) => line.account === path && line.unit === unit);
    return held.reduce((sum, line) => sum + line.amount, this.#spent.get(`${path} ${unit}`) ?? 0n);
  }

  #add(sums: Map<string, bigint>, account: string, unit: string, amount: bigint): void {
    const key = `${account} ${unit}`;
    sums.set(key, (sums.get(key) ?? 0n) + amount);
  }

  #fact(type: string, data: object): Answer {
    return { type, tenant: this.tenant, data };
  }
}
