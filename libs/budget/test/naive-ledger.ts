/**
 * One tenant's accounts, kept in the plainest way: lists that are added up whenever a sum is wanted. Written from the
 * rules, not from the core, so that the two can disagree.
 */
import { invariant } from '@writ/contracts';
import type { RecordedFact } from '@writ/contracts';
import { NaiveAccounts } from './naive-accounts.ts';
import type { NaivePurse } from './naive-purse.ts';

interface Call {
  readonly ask: RecordedFact<'policy.decided'>['data'];
  readonly way: readonly string[];
  readonly held: ReadonlyMap<NaivePurse, bigint>;
  status: 'asking' | 'escalated' | 'granted' | 'held' | 'releasing';
  reason?: string;
  loan?: object;
}
type Answer = { readonly type: string; readonly tenant: string; readonly data: object };
type Passed = { readonly purse: NaivePurse; readonly asked: bigint };

const MILLION = 1_000_000n;
const REASONS: Record<string, string> = {
  'approval.denied': 'denied',
  'approval.expired': 'expired',
  'schedule.refused': 'refused',
  'invocation.cancelled': 'cancelled',
};

export class NaiveLedger {
  readonly tenant: string;
  readonly #accounts = new NaiveAccounts();
  readonly #calls = new Map<string, Call>();
  readonly #payloads = new Map<string, { readonly amount: bigint; readonly purses: NaivePurse[] }>();
  #queue: string[] = [];
  #notes: Answer[] = [];

  constructor(tenant: string) {
    this.tenant = tenant;
  }

  advance(now: number): void {
    this.#accounts.advance(now);
  }

  fold(fact: RecordedFact): void {
    const { type, data } = fact;
    if (type === 'budget.defined') for (const purse of this.#accounts.define(data.budget)) this.#tell(purse);
    else if (type === 'budget.retired') this.#accounts.retire(data.account);
    else if (type === 'policy.decided' && data.verdict === 'deny') this.#end(data.invocation, 'denied');
    else if (type === 'policy.decided') this.#ask(data);
    else if (type === 'approval.granted') this.#grant(data.invocation);
    else if (type === 'execution.completed') this.#settle(data);
    else if (type === 'payload.removed') this.#remove(data.digest);
    else if (type === 'storage.returned') this.#return(data);
    else {
      const reason = REASONS[type];
      if (reason) this.#end((data as { invocation: string }).invocation, reason);
    }
  }

  /** Everything owed, in order; a hold's alerts stand right after it, those that waited before all. */
  answers(): Answer[] {
    const all = this.#notes.splice(0);
    for (const invocation of this.#queue.splice(0)) {
      const call = this.#calls.get(invocation);
      invariant(call, 'who is in the queue has a call');
      all.push(this.#answer(call, invocation), ...this.#notes.splice(0));
    }
    return all;
  }

  /** Every limit in force and its sums, sorted. */
  sums(): string[] {
    return this.#accounts
      .purses()
      .filter(({ limit }) => limit)
      .map(({ name, hard, spent, held, overrun, debt }) =>
        [JSON.stringify(name), hard, spent, held, overrun, debt].join(' '),
      )
      .sort();
  }

  #ask(ask: Call['ask']): void {
    if (this.#calls.has(ask.invocation)) return;
    this.#calls.set(ask.invocation, { ask, way: [], held: new Map(), status: 'asking' });
    this.#queue.push(ask.invocation);
  }

  #grant(invocation: string): void {
    const call = this.#calls.get(invocation);
    if (call?.status !== 'escalated') return;
    call.status = 'granted';
    this.#queue.push(invocation);
  }

  #end(invocation: string, reason: string): void {
    const call = this.#calls.get(invocation);
    if (!call || call.status === 'releasing') return;
    this.#queue = this.#queue.filter((queued) => queued !== invocation);
    if (call.status === 'asking') return void this.#calls.delete(invocation);
    Object.assign(call, { status: 'releasing', reason });
    this.#queue.push(invocation);
  }

  #settle({ invocation, usage, outputRef }: RecordedFact<'execution.completed'>['data']): void {
    const call = this.#calls.get(invocation);
    if (call?.status === 'asking') this.#end(invocation, '');
    if (call?.status !== 'held') return;
    const { held } = call;
    this.#close(invocation);
    const lines: { account: string; unit: string; amount: string }[] = [];
    const charge = (purse: NaivePurse, amount: bigint, used: bigint): void => {
      const overrun = used > amount ? used - amount : 0n;
      purse.charge(used - overrun, overrun);
      this.#tell(purse);
      const { account, unit } = purse;
      if (overrun > 0n && !lines.some((line) => line.account === account && line.unit === unit))
        lines.push({ account, unit, amount: `${overrun}` });
    };
    for (const [purse, amount] of held) {
      const stored = purse.unit === 'storage' && outputRef ? this.#store(outputRef, purse) : 0n;
      const reported = usage[purse.unit] ?? (stored > 0n ? 0n : amount);
      charge(purse, amount, stored + BigInt(reported));
    }
    for (const purse of this.#accounts.pursesOf(call.way, call.ask.tool)) {
      if (held.has(purse)) continue;
      const kept = purse.unit === 'storage' && outputRef;
      if (!kept && !BigInt(usage[purse.unit] ?? 0)) continue;
      const stored = kept ? this.#store(kept, purse) : 0n;
      charge(purse, stored, stored + BigInt(usage[purse.unit] ?? 0));
    }
    if (lines.length > 0)
      this.#notes.push(this.#fact('budget.adjusted', { invocation, reason: 'overrun', lines }));
  }

  #store({ digest, bytes }: { digest: string; bytes: number }, purse: NaivePurse): bigint {
    const payload = this.#payloads.get(digest) ?? { amount: BigInt(bytes) * MILLION, purses: [] };
    this.#payloads.set(digest, payload);
    if (payload.purses.includes(purse)) return 0n;
    payload.purses.push(purse);
    return payload.amount;
  }

  #remove(digest: string): void {
    const payload = this.#payloads.get(digest);
    this.#payloads.delete(digest);
    for (const purse of payload?.purses ?? []) purse.giveBack(payload?.amount ?? 0n);
  }

  #return({ project, campaign, amount }: RecordedFact<'storage.returned'>['data']): void {
    for (const purse of this.#accounts.pursesOf(this.#accounts.way(project, campaign), undefined))
      if (purse.unit === 'storage') purse.giveBack(BigInt(amount));
  }

  #answer(call: Call, invocation: string): Answer {
    if (call.status === 'releasing') {
      this.#close(invocation);
      return this.#fact('budget.released', { invocation, reason: call.reason });
    }
    if (call.status === 'granted') {
      call.status = 'held';
      return this.#fact('budget.reserved', { invocation, ...call.loan, overdraft: true });
    }
    const { project, campaign, agent, tool, justification } = call.ask;
    const way = this.#accounts.way(project, campaign);
    const purses = this.#accounts.pursesOf(way, tool);
    const asking = purses.map((purse): Passed => ({ purse, asked: this.#asked(call, purse.unit) }));
    const passed = asking.filter(({ purse, asked }) => asked > 0n && purse.used + asked > purse.soft);
    let why = asking.map((one) => this.#refusal(call, one)).find((one) => one !== undefined);
    if (way.length === 0 && this.#accounts.size > 0)
      why = { reason: 'unknown-account', account: campaign ? `${project}/${campaign}` : project };
    if (passed[0] && !justification) why ??= { reason: 'justification-required', ...this.#soft(passed[0]) };
    if (why) {
      this.#calls.delete(invocation);
      const { reason, ...rest } = why as { readonly reason: string };
      return this.#fact('budget.refused', { invocation, agent, reason, ...rest });
    }
    return this.#hold(call, invocation, way, asking, passed);
  }

  #asked({ ask }: Call, unit: string): bigint {
    return BigInt(ask.ceiling[unit] ?? (unit === 'calls' ? MILLION : 0n));
  }

  #refusal({ ask }: Call, { purse, asked }: Passed): object | undefined {
    const { unit, hard, used, name, limit } = purse;
    const undeclared = limit?.undeclared ?? (unit === 'storage' ? 'allowed' : 'refused');
    const stated = unit in ask.ceiling || ask.ceiling['other'] === '0' || unit === 'calls';
    if (undeclared === 'refused' && !stated) return { reason: 'no-estimate', ...name };
    const free = hard > used ? hard - used : 0n;
    if (asked === 0n || asked <= free) return undefined;
    const numbers = { ...name, asked: `${asked}`, free: `${free}`, limit: `${hard}` };
    return { reason: 'exhausted', ...numbers, ...this.#after(purse, asked) };
  }

  #hold(call: Call, invocation: string, way: readonly string[], asking: Passed[], passed: Passed[]): Answer {
    const { argsDigest, justification } = call.ask;
    const holding = asking.filter(({ asked }) => asked > 0n);
    const lines = holding.map(({ purse: { account, unit }, asked }) => ({
      account,
      unit,
      amount: `${asked}`,
    }));
    const holds = [...new Map(lines.map((line) => [`${line.account} ${line.unit}`, line])).values()];
    const over = passed.map((one) => this.#numbers(one));
    const escalating = passed.some(({ purse }) => purse.limit?.overdraft === 'escalated');
    const held = new Map(holding.map(({ purse, asked }) => [purse, asked]));
    Object.assign(call, { way, held, status: escalating ? 'escalated' : 'held', loan: { holds, over } });
    for (const { purse, asked } of holding) purse.open.push({ invocation, amount: asked });
    for (const { purse } of holding) {
      const { account, unit, used, hard } = purse;
      invariant(used <= hard, `${account} holds more ${unit} than its limit`);
      this.#tell(purse);
    }
    if (passed.length === 0) return this.#fact('budget.reserved', { invocation, holds });
    if (!escalating) return this.#fact('budget.reserved', { invocation, holds, overdraft: true, over });
    return this.#fact('budget.escalated', { invocation, argsDigest, justification, holds, over });
  }

  #numbers({ purse, asked }: Passed): object {
    const { name, soft, hard, debt, spent, overrun, held } = purse;
    const sums = { asked: `${asked}`, softLimit: `${soft}`, limit: `${hard}` };
    return { ...name, ...sums, spent: `${debt + spent + overrun}`, held: `${held}` };
  }

  #soft({ purse, asked }: Passed): object {
    const { hard, soft, used } = purse;
    const sums = { asked: `${asked}`, free: `${hard - used}`, limit: `${hard}`, softLimit: `${soft}` };
    return { ...purse.name, ...sums };
  }

  /** What open holds would have to give back, and the first of them. */
  #after({ open, used, hard, held }: NaivePurse, asked: bigint): object {
    const missing = used + asked - hard;
    if (asked > hard || missing > held) return {};
    let freed = 0n;
    const before = open.map(({ amount }) => (freed += amount) - amount);
    const oldest = open.filter((_, index) => index < 5 && (before[index] ?? 0n) < missing);
    const calls = oldest.map(({ invocation }) => invocation);
    return { afterHolds: { amount: `${missing}`, calls: open.length, oldest: calls } };
  }

  #tell(purse: NaivePurse): void {
    for (const share of purse.due()) {
      const data = { ...purse.name, share, used: `${purse.used}`, limit: `${purse.hard}` };
      this.#notes.push(this.#fact('budget.alerted', data));
    }
  }

  /** Forgets a call and what it holds. */
  #close(invocation: string): void {
    this.#calls.delete(invocation);
    for (const { open } of this.#accounts.purses()) {
      const index = open.findIndex((line) => line.invocation === invocation);
      if (index >= 0) open.splice(index, 1);
    }
  }

  #fact(type: string, data: object): Answer {
    return { type, tenant: this.tenant, data };
  }
}
