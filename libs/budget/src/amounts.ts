/** Amounts as facts carry them, the rules for what they leave out (they fail closed), and shares of an amount. */
import { MICROS_PER_UNIT, OTHER_UNITS, Unit, toMicros } from '@writ/contracts';
import type { Amounts } from '@writ/contracts';

const DIGITS = /^\d{1,30}$/;

/** The amount in micro-units; undefined for what is absent or is no amount (a negative one would make money). */
export function amountOf(text: string | undefined): bigint | undefined {
  return typeof text === 'string' && DIGITS.test(text) ? BigInt(text) : undefined;
}

/** Values by name, for the few units of one call: a `Map` costs more to make than these are searched. */
class Few<T> {
  readonly #names: string[] = [];
  readonly #values: T[] = [];

  of(name: string, make: (name: string) => T): T {
    const index = this.#names.indexOf(name);
    if (index >= 0) return this.#values[index] as T;
    const value = make(name);
    this.#names.push(name);
    this.#values.push(value);
    return value;
  }
}

/** Amounts as text, each parsed once however many accounts it is for; what is no amount is nothing. */
export class ParsedTexts {
  readonly #parsed = new Few<bigint>();

  of(text: string): bigint {
    return this.#parsed.of(text, parsed);
  }
}

function parsed(text: string): bigint {
  return amountOf(text) ?? 0n;
}

/** What a run used, each unit looked at once. */
export class Usage {
  readonly #parsed = new Few<bigint | undefined>();
  readonly #amountOf: (unit: string) => bigint | undefined;

  constructor(amounts: Amounts) {
    this.#amountOf = (unit) => (Object.hasOwn(amounts, unit) ? amountOf(amounts[unit]) : undefined);
  }

  /** Undefined when the unit is not named, or what is said of it is no amount. */
  of(unit: string): bigint | undefined {
    return this.#parsed.of(unit, this.#amountOf);
  }
}

/** An amount and its text. */
export interface Asked {
  readonly amount: bigint;
  readonly text: string;
}

const ONE_CALL: Asked = { amount: MICROS_PER_UNIT, text: MICROS_PER_UNIT.toString() };
const NOTHING: Asked = { amount: 0n, text: '0' };

/** What a call asks for, each unit looked at once. */
export class Ceiling {
  readonly #asked = new Few<Asked | undefined>();
  readonly #askedOf: (unit: string) => Asked | undefined;

  constructor(amounts: Amounts) {
    this.#askedOf = (unit) => askedOf(amounts, unit);
  }

  /**
   * How much of a limited unit; undefined when the ceiling says something that is no amount. A unit that it does not
   * name is not asked for, except that every call is one call.
   */
  asked(unit: string): Asked | undefined {
    return this.#asked.of(unit, this.#askedOf);
  }
}

function askedOf(ceiling: Amounts, unit: string): Asked | undefined {
  if (!Object.hasOwn(ceiling, unit)) return unit === Unit.calls ? ONE_CALL : NOTHING;
  const amount = amountOf(ceiling[unit]);
  return amount === undefined ? undefined : { amount, text: amount.toString() };
}

/** Whether a call's ceiling says how much of a unit it may use: by its name, or as none of all that it does not name. */
export function isStated(ceiling: Amounts, unit: string): boolean {
  return Object.hasOwn(ceiling, unit) || ceiling[OTHER_UNITS] === '0';
}

/** A share (0..1) of an amount, rounded up: a share of something is never nothing. */
export function shareOf(amount: bigint, share: number): bigint {
  return (amount * toMicros(share) + MICROS_PER_UNIT - 1n) / MICROS_PER_UNIT;
}
