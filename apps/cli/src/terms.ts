/** Durations and amounts as people type them. */
import { toMicros } from '@writ/contracts';
import type { Amounts } from '@writ/contracts';
import { InvalidArgumentError } from 'commander';

const SECONDS = { s: 1, m: 60, h: 3_600, d: 86_400 } as const;

/** `90s`, `30m`, `8h`, `2d`, in seconds. */
export function durationOf(text: string): number {
  const [, value, unit] = /^(\d+)\s*(s|m|h|d)$/.exec(text.trim()) ?? [];
  if (value === undefined) throw new InvalidArgumentError('It is a whole number and s, m, h or d: 30m, 8h.');
  return Number(value) * SECONDS[unit as keyof typeof SECONDS];
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

/** The same amounts so many times; without the unit that counts calls. */
export function times(amounts: Amounts, count: number): Amounts {
  const entries = Object.entries(amounts).filter(([unit]) => unit !== 'calls');
  return Object.fromEntries(
    entries.map(([unit, micros]) => [unit, (BigInt(micros) * BigInt(count)).toString()]),
  );
}
