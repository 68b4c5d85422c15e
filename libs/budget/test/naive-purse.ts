/** One limit of one account with every charge it ever got; what counts is added up whenever it is wanted. */
import { toMicros, windowName } from '@writ/contracts';
import type { BudgetLimit } from '@writ/contracts';
import { label, labelsBetween } from './naive-windows.ts';

interface Charge {
  readonly at: number;
  spent: bigint;
  overrun: bigint;
}

export class NaivePurse {
  readonly account: string;
  readonly unit: string;
  /** The definition in force; undefined while the limit is not set. */
  limit: BudgetLimit | undefined;
  alerts: readonly number[] = [];
  readonly told = new Set<number>();
  readonly open: { readonly invocation: string; readonly amount: bigint }[] = [];
  debt = 0n;
  #charges: Charge[] = [];
  readonly #shape: BudgetLimit;
  #now: number;

  constructor(account: string, unit: string, shape: BudgetLimit, now: number) {
    this.account = account;
    this.unit = unit;
    this.#shape = shape;
    this.#now = now;
  }

  get tool(): string | undefined {
    return this.#shape.tool;
  }

  get name(): object {
    const { account, unit, tool } = this;
    const window = windowName(this.#shape);
    return { account, unit, ...(tool ? { tool } : {}), ...(window ? { window } : {}) };
  }

  get hard(): bigint {
    return toMicros(this.limit?.hard ?? 0);
  }

  get soft(): bigint {
    return this.limit?.soft === undefined ? this.hard : this.#share(this.limit.soft);
  }

  get held(): bigint {
    return this.open.reduce((sum, { amount }) => sum + amount, 0n);
  }

  get spent(): bigint {
    return this.#counting().reduce((sum, { spent }) => sum + spent, 0n);
  }

  get overrun(): bigint {
    return this.#counting().reduce((sum, { overrun }) => sum + overrun, 0n);
  }

  get used(): bigint {
    return this.debt + this.spent + this.overrun + this.held;
  }

  /** Lets time pass, window by window. */
  advance(now: number): void {
    if (now <= this.#now) return;
    const { per, timeZone = 'UTC', rollingMinutes } = this.#shape;
    if (per !== undefined) {
      for (const next of labelsBetween(per, timeZone, this.#now, now)) this.#closeWindow(next, per, timeZone);
      this.#now = now;
    } else if (rollingMinutes === undefined) this.#now = now;
    else {
      const before = this.#counting().length;
      this.#now = now;
      if (this.#counting().length < before) this.#untell();
    }
  }

  charge(spent: bigint, overrun: bigint): void {
    if (spent > 0n || overrun > 0n) this.#charges.push({ at: this.#now, spent, overrun });
  }

  /** Of overruns first; never more than there is. */
  giveBack(amount: bigint): void {
    let left = amount;
    for (const part of ['overrun', 'spent'] as const) {
      for (const charge of this.#charges) {
        const back = left < charge[part] ? left : charge[part];
        charge[part] -= back;
        left -= back;
      }
    }
  }

  /** The shares that are newly reached. */
  due(): number[] {
    if (!this.limit) return [];
    const { used } = this;
    const due = this.#shares().filter((share) => !this.told.has(share) && used >= this.#due(share));
    for (const share of due) this.told.add(share);
    return due;
  }

  #shares(): number[] {
    return [...new Set(this.alerts)].sort((a, b) => a - b);
  }

  #due(share: number): bigint {
    const at = this.#share(share);
    return at > 0n ? at : 1n;
  }

  #share(share: number): bigint {
    const exact = this.hard * BigInt(Math.round(share * 1e6));
    return exact / 1_000_000n + (exact % 1_000_000n > 0n ? 1n : 0n);
  }

  #counting(): Charge[] {
    const { per, timeZone = 'UTC', rollingMinutes } = this.#shape;
    if (per !== undefined) {
      const now = label(per, timeZone, this.#now);
      return this.#charges.filter(({ at }) => label(per, timeZone, at) === now);
    }
    if (rollingMinutes === undefined) return this.#charges;
    // A sixtieth of the window is forgotten at once, when the last of it is older than the window.
    const part = rollingMinutes * 1_000;
    return this.#charges.filter(
      ({ at }) => (Math.floor(at / part) + 1) * part + rollingMinutes * 60_000 > this.#now,
    );
  }

  #closeWindow(next: string, per: string, timeZone: string): void {
    const last = this.#charges.filter(({ at }) => label(per, timeZone, at) !== next);
    const over = this.debt + last.reduce((sum, { spent, overrun }) => sum + spent + overrun, 0n) - this.soft;
    const most = this.hard;
    this.debt = !this.limit || over < 0n ? 0n : over < most ? over : most;
    this.#charges = [];
    this.told.clear();
  }

  /** What the use has fallen below is told again. */
  #untell(): void {
    const { used } = this;
    for (const share of this.told) if (!this.limit || used < this.#due(share)) this.told.delete(share);
  }
}
