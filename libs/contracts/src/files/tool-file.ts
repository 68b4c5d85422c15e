/** A tool as its owner registers it: what it may touch, what it costs, how it is run. Unknown tools never run. */
import { z } from 'zod';
import { toolName, token } from '../ids.ts';
import { jsonObject } from '../json.ts';
import { OTHER_UNITS, unitName } from '../quantities.ts';
import { toolAdapter } from './tool-adapter.ts';
import { toolPlanning } from './workflow-file.ts';

/** What a call may touch. Case does not matter in files. */
export const SafetyClass = {
  readOnly: 'READ_ONLY',
  localWrite: 'LOCAL_WRITE',
  network: 'NETWORK',
  destructive: 'DESTRUCTIVE',
} as const;
export type SafetyClass = (typeof SafetyClass)[keyof typeof SafetyClass];

/**
 * What may be done when an outcome is unknown: `pure` runs again; `keyed` runs again under the same idempotency key;
 * `queryable` is asked what happened; `once` never runs twice.
 */
export const Effects = { pure: 'pure', keyed: 'keyed', queryable: 'queryable', once: 'once' } as const;
export type Effects = (typeof Effects)[keyof typeof Effects];

const safetyClass = z
  .string()
  .transform((value) => value.toUpperCase())
  .pipe(z.enum(SafetyClass));

/** What one call occupies while it runs; a tool without it takes one slot of one executor of its pool. */
const requirements = z.strictObject({
  /** Executors that it runs on at once, on each of which it takes what stands below. They start together. */
  nodes: z.number().int().min(1).max(10_000).default(1),
  slots: z.number().int().min(1).max(100_000).default(1),
  gpus: z.number().int().min(0).max(1_024).default(0),
  memoryGb: z.number().min(0).max(1_000_000).default(0),
  /** Labels that each of its executors must have, with exactly these values. */
  labels: z.record(z.string(), z.string()).default({}),
});
export type Requirements = z.infer<typeof requirements>;

/** Kinds of failures, as far as a repeat depends on them. */
export const FailureClass = {
  /** It did not end in its time. */
  timeout: 'timeout',
  /** What ran it died, or could not be had. */
  crash: 'crash',
  /** A peer could not be reached, or the connection broke. */
  connection: 'connection',
  /** A peer is busy or broken for now: HTTP 429 and 5xx. */
  unavailable: 'unavailable',
  /** The tool itself said that it failed, in any other way. */
  error: 'error',
} as const;
export type FailureClass = (typeof FailureClass)[keyof typeof FailureClass];

const PASSING = ['timeout', 'crash', 'connection', 'unavailable'] as const;

/** How a call that failed is tried again, as far as its effects allow it. */
const retrySpec = z.strictObject({
  /** The first one included. */
  attempts: z.number().int().min(2).max(20),
  /** The pause before the second attempt; it doubles with each. */
  backoffSeconds: z.number().min(0).max(3_600).default(1),
  maxBackoffSeconds: z.number().min(0).max(3_600).default(60),
  on: z
    .array(z.enum(FailureClass))
    .min(1)
    .default([...PASSING]),
});
export type RetrySpec = z.infer<typeof retrySpec>;

const expressionText = z.string().min(1).max(4_000);

/** `tools:` of a governance file; the same shape is the `tool.registered` fact. */
export const toolSpec = z.strictObject({
  name: toolName,
  version: z.string().min(1).max(64).default('1'),
  description: z.string().max(2_000).default(''),
  /** Absent means: parallel-safe under the tool's own name, but destructive for policy (fail closed). */
  class: safetyClass.optional(),
  effects: z.enum(Effects).optional(),
  adapter: toolAdapter,
  /** JSON Schema (draft 7 or 2020-12) of the arguments; checked before policy. */
  inputs: jsonObject.optional(),
  /**
   * JSON Schema of the result; checked after the run. What it marks `writeOnly` or `x-writ-redact` is replaced by
   * `[redacted]` before anything is stored.
   */
  outputs: jsonObject.optional(),
  /**
   * The most that one call may use, by unit: an amount or an expression over `args`, with its unit. A unit that an account
   * limits has to be named, or `other: 0` says that a call uses nothing else.
   */
  cost: z
    .record(unitName, z.union([expressionText, z.number().nonnegative().transform(String)]))
    .refine((cost) => Number(cost[OTHER_UNITS] ?? 0) === 0, {
      path: [OTHER_UNITS],
      error: `can only be 0: it stands for all units that are not named`,
    })
    .default({}),
  /** Resource keys, `vault:{args.path}`; absent means the tool's name. Calls with overlapping keys do not overlap. */
  keys: z.array(z.string().min(1).max(256)).max(16).optional(),
  /**
   * Files and folders of the executor's machine, from the root on, that are compared before and after a READ_ONLY call:
   * what has changed is told with the completion, and alerted once.
   */
  watch: z
    .array(z.string().max(512).regex(/^\//, 'must be a path from the root on, "/data/vault"'))
    .max(16)
    .optional(),
  timeoutSeconds: z.number().positive().max(86_400).default(60),
  /** Named set of executors that may run it. */
  pool: token.default('default'),
  requires: requirements.optional(),
  /** Absent: a call that failed has failed. */
  retry: retrySpec.optional(),
  /** A running call may be stopped on request and begun again later: it goes on from where it was. */
  resumable: z.boolean().optional(),
  /** Values that policies may test as `tool.labels.x`. */
  labels: z.record(z.string(), z.string()).default({}),
  /** What a planner of workflows has to know of it. */
  planning: toolPlanning.optional(),
});
export type ToolSpec = z.infer<typeof toolSpec>;

/** The class that policy sees: an undeclared class counts as the worst one. */
export function policyClass(tool: Pick<ToolSpec, 'class'>): SafetyClass {
  return tool.class ?? SafetyClass.destructive;
}

/** What may be done again after an unknown outcome; undeclared: reads are pure, everything else runs once. */
export function effectsOf(tool: Pick<ToolSpec, 'class' | 'effects'>): Effects {
  return tool.effects ?? (tool.class === SafetyClass.readOnly ? Effects.pure : Effects.once);
}

/** Whether the tool can say what became of a call that nobody saw the end of. */
export function isQueryable(tool: Pick<ToolSpec, 'class' | 'effects' | 'adapter'>): boolean {
  return effectsOf(tool) === Effects.queryable && tool.adapter.query !== undefined;
}
