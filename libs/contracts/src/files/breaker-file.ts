/**
 * `breakers:` of a governance file: when the circuit of a tool, of a pool or of everything opens. Terms and defaults
 * are resilience4j's. In a tenant's catalog an entry counts that tenant's calls, in the cell's (`writ apply --cell`)
 * those of all tenants: so a tool is watched for one tenant or for all, and so are a pool and everything.
 */
import { z } from 'zod';
import { token } from '../ids.ts';

/** `tool:<name>`, `pool:<name>` or `all`: what a breaker watches and closes. */
export const breakerScope = z
  .string()
  .regex(/^(all|(tool|pool):[A-Za-z0-9_-]{1,64})$/, 'must be "tool:<name>", "pool:<name>" or "all"');

export const breakerSpec = z
  .strictObject({
    /** Exactly one of `tool`, `pool` and `everything` says what the breaker watches. */
    tool: token.optional(),
    pool: token.optional(),
    everything: z.literal(true).optional(),
    /** Share of failures (0..1] in the window that opens the breaker. */
    failureRate: z.number().gt(0).max(1).default(0.5),
    /** Share of slow calls (0..1] in the window that opens the breaker. */
    slowCallRate: z.number().gt(0).max(1).default(1),
    /** A call that takes longer is slow; absent: 60, or the tool's own timeout when that is longer. */
    slowSeconds: z.number().positive().max(86_400).optional(),
    /** Number of latest completed calls that are looked at. */
    window: z.number().int().min(1).max(10_000).default(100),
    /** When given, the calls that completed in so many seconds are looked at instead. */
    windowSeconds: z.number().int().min(1).max(86_400).optional(),
    /** Fewer calls than this never open it. */
    minimumCalls: z.number().int().min(1).max(10_000).default(100),
    /** On how many executors calls must have failed, so that one bad node opens nothing; absent: 2, for a pool 1. */
    minimumExecutors: z.number().int().min(1).max(100).optional(),
    /** How long it stays open before probes are let through. */
    openSeconds: z.number().positive().max(86_400).default(60),
    /** Probes of one trial, over the whole cell; their failure rate decides. */
    halfOpenPermits: z.number().int().min(1).max(1_000).default(10),
  })
  .refine(
    ({ tool, pool, everything }) =>
      [tool, pool, everything].filter((scope) => scope !== undefined).length === 1,
    'needs exactly one of "tool: <name>", "pool: <name>" and "everything: true"',
  );
export type BreakerSpec = z.infer<typeof breakerSpec>;

/** What an entry watches, as facts name it. */
export function breakerScopeOf({ tool, pool }: BreakerSpec): string {
  if (tool !== undefined) return `tool:${tool}`;
  return pool === undefined ? 'all' : `pool:${pool}`;
}
