/** JSON values from outside: bounded in depth before anything recurses into them. */
import { z } from 'zod';
import { MAX_INPUT_DEPTH } from './limits.ts';

/** Whether a JSON value nests no deeper than `most`; iterative, so that the check itself cannot overflow. */
export function nestsWithin(value: unknown, most: number): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > most) return false;
    level = level.flatMap((item) => (typeof item === 'object' && item !== null ? Object.values(item) : []));
  }
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
