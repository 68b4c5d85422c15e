/** JSON values from outside: bounded in depth before anything recurses into them. */
import { z } from 'zod';
import { MAX_INPUT_DEPTH } from './limits.ts';

/** Whether a JSON value nests no deeper than `most`. It goes no deeper itself, so it cannot overflow. */
export function nestsWithin(value: unknown, most: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (most === 0) return Object.keys(value).length === 0;
  const parts = Array.isArray(value) ? (value as readonly unknown[]) : Object.values(value);
  for (const part of parts) if (!nestsWithin(part, most - 1)) return false;
  return true;
}

/** A JSON object of bounded depth: the arguments of a tool call. */
export const jsonObject = z
  .record(z.string(), z.unknown())
  .refine((value) => nestsWithin(value, MAX_INPUT_DEPTH), `must nest at most ${MAX_INPUT_DEPTH} levels deep`);
export type JsonObject = z.infer<typeof jsonObject>;

/** Any JSON value of bounded depth. */
export const jsonValue = z
  .unknown()
  .refine((value) => nestsWithin(value, MAX_INPUT_DEPTH), `must nest at most ${MAX_INPUT_DEPTH} levels deep`);
