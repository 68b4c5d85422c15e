/**
 * Waves: which calls of one step may run at the same time. Left to right, so that conflicting calls keep the model's
 * order: reads that touch different resources share a wave, everything else has a wave of its own. A wave opens when
 * all earlier ones have ended.
 */
import { SafetyClass } from '@writ/contracts';
import type { EventData, InvocationId, JsonObject } from '@writ/contracts';
import { KeySet, keysFor } from './keys.ts';

/** `{calls, parallel, resourceKeys}`: the calls in order, and the keys of all of them. */
export type Wave = EventData<'schedule.planned'>['waves'][number];

export interface WaveCall {
  readonly invocation: InvocationId;
  readonly tool: string;
  readonly inputs: JsonObject;
}

/** What the order of calls depends on in a tool; class names count in either case. */
export interface ToolRule {
  readonly class?: string | undefined;
  readonly keys?: readonly string[] | undefined;
}

/** Tools by name; a `Map` is one. */
export interface ToolRules {
  get(tool: string): ToolRule | undefined;
}

export interface WaveOptions {
  /** `false` is the kill switch: every call gets a wave of its own. */
  readonly parallelEnabled: boolean;
}

/** Puts every call of a step into exactly one wave, in order. Pure and total: an unknown tool counts as unclassed. */
export function schedule(calls: readonly WaveCall[], registry: ToolRules, options: WaveOptions): Wave[] {
  const waves: Wave[] = [];
  let batch: InvocationId[] = [];
  let keys = new KeySet();
  const flush = (): void => {
    if (batch.length > 0) waves.push({ calls: batch, parallel: batch.length > 1, resourceKeys: keys.list() });
    batch = [];
    keys = new KeySet();
  };
  for (const call of calls) {
    const rule = registry.get(call.tool);
    const touched = keysOf(call, rule);
    const alone = !options.parallelEnabled || !isParallelSafe(rule) || touched === undefined;
    if (alone || touched.some((key) => keys.overlaps(key))) flush();
    batch.push(call.invocation);
    for (const key of touched ?? [call.tool]) keys.add(key);
    if (alone) flush();
  }
  flush();
  return waves;
}

/** Only reads are parallel-safe. A tool without a class counts as one here, under its own name. */
export function isParallelSafe(rule: ToolRule | undefined): boolean {
  return rule?.class === undefined || rule.class.toUpperCase() === SafetyClass.readOnly;
}

/** A tool without a class is held to its own name beside any declared keys, so two calls of it never overlap. */
export function keysOf(call: WaveCall, rule: ToolRule | undefined): readonly string[] | undefined {
  const declared = keysFor(rule?.keys ?? [], call.inputs);
  if (declared === undefined || (declared.length > 0 && rule?.class !== undefined)) return declared;
  return [call.tool, ...declared];
}
