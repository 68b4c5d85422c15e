/** Durations, amounts and texts as people type them. */
import { MAX_TEXT_LENGTH, toMicros } from '@writ/contracts';
import type { Amounts } from '@writ/contracts';
import { InvalidArgumentError } from 'commander';

const SECONDS = { s: 1, m: 60, h: 3_600, d: 86_400 } as const;

const LONGEST_SECONDS = 30 * 86_400;

/** `90s`, `30m`, `1.5h`, `2d`, in whole seconds. */
export function durationOf(text: string): number {
  const [, amount = '', unit = ''] = /^(\d+(?:\.\d+)?)\s*([smhd])$/.exec(text.trim()) ?? [];
  const seconds = Math.ceil(Number(amount) * (SECONDS[unit as keyof typeof SECONDS] ?? 0));
  if (seconds > 0 && seconds <= LONGEST_SECONDS) return seconds;
  throw new InvalidArgumentError('It is a time of at most 30d, like 90s, 10m, 8h or 2d.');
}

/** `5 usd, 3.5 node-hours`, in micro-units. */
export function amountsOf(text: string): Amounts {
  const parts = text.split(',').map((part) => /^\s*(\d+(?:\.\d+)?)\s+([a-z][a-z0-9-]*)\s*$/.exec(part));
  return Object.fromEntries(
    parts.map((part) => {
      const [, value, unit] = part ?? [];
      if (value === undefined || unit === undefined)
        throw new InvalidArgumentError('It is a list of amounts with units: "5 usd, 3.5 node-hours".');
      return [unit, toMicros(Number(value)).toString()];
    }),
  );
}

export function boundedText(text: string): string {
  if (text.length > 0 && text.length <= MAX_TEXT_LENGTH) return text;
  throw new InvalidArgumentError(`It has 1 to ${MAX_TEXT_LENGTH} characters.`);
}

/** The same amounts so many times; without the unit that counts calls. */
export function times(amounts: Amounts, count: number): Amounts {
  const entries = Object.entries(amounts).filter(([unit]) => unit !== 'calls');
  return Object.fromEntries(
    entries.map(([unit, micros]) => [unit, (BigInt(micros) * BigInt(count)).toString()]),
  );
}

/** A ledger sequence. */
export function sequenceOf(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw new InvalidArgumentError('It is a whole number from 1 on.');
}
