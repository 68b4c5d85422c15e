/**
 * What one node owes, and how it becomes stricter. Contracts are only ever tightened: a type on its built-in base, a
 * tool's requirement on the type, the node on both. What would loosen a contract is named, never applied.
 */
import { MAX_CALLS_PER_ATTEMPT } from '@writ/contracts';
import type { JsonObject, NodeSla, ToolName } from '@writ/contracts';

/** The promise that no schema and no count can say; checked against the ledger. */
export const Guarantee = { routes: 'routes', fetches: 'fetches', acts: 'acts', none: 'none' } as const;
export type Guarantee = (typeof Guarantee)[keyof typeof Guarantee];

export interface Contract {
  readonly guarantee: Guarantee;
  readonly toolUsageRequired: boolean;
  readonly requiredFinalTool?: ToolName;
  readonly minToolCalls: number;
  readonly maxToolCalls: number;
  readonly requiredTools: readonly ToolName[];
  readonly forbiddenTools: readonly ToolName[];
  readonly timeoutSeconds: number;
  readonly maxRetries: number;
  readonly freshnessSeconds?: number;
  /** The output must fit all of them. */
  readonly outputSchemas: readonly JsonObject[];
}

export const DEFAULT_TIMEOUT_SECONDS = 120;
export const DEFAULT_RETRIES = 2;

/** A contract that asks for nothing. */
export function openContract(guarantee: Guarantee): Contract {
  return {
    guarantee,
    toolUsageRequired: false,
    minToolCalls: 0,
    maxToolCalls: MAX_CALLS_PER_ATTEMPT,
    requiredTools: [],
    forbiddenTools: [],
    timeoutSeconds: DEFAULT_TIMEOUT_SECONDS,
    maxRetries: DEFAULT_RETRIES,
    outputSchemas: [],
  };
}

/** Both at once. How long and how often is asked for anew by each part; everything else only becomes stricter. */
export function tightened(contract: Contract, sla: NodeSla): Contract {
  const freshness = least(contract.freshnessSeconds, sla.freshnessSeconds);
  const finalTool = contract.requiredFinalTool ?? sla.requiredFinalTool;
  return {
    guarantee: contract.guarantee,
    toolUsageRequired: contract.toolUsageRequired || (sla.toolUsageRequired ?? false),
    ...(finalTool === undefined ? {} : { requiredFinalTool: finalTool }),
    minToolCalls: Math.max(contract.minToolCalls, sla.minToolCalls ?? 0),
    maxToolCalls: Math.min(contract.maxToolCalls, sla.maxToolCalls ?? MAX_CALLS_PER_ATTEMPT),
    requiredTools: union(contract.requiredTools, sla.requiredTools),
    forbiddenTools: union(contract.forbiddenTools, sla.forbiddenTools),
    timeoutSeconds: sla.timeoutSeconds ?? contract.timeoutSeconds,
    maxRetries: sla.maxRetries ?? contract.maxRetries,
    ...(freshness === undefined ? {} : { freshnessSeconds: freshness }),
    outputSchemas:
      sla.outputSchema === undefined ? contract.outputSchemas : [...contract.outputSchemas, sla.outputSchema],
  };
}

/** What `sla` asks for that is less than the contract already does: one sentence for each field. */
export function loosenings(contract: Contract, sla: NodeSla): string[] {
  const found: string[] = [];
  const { toolUsageRequired, minToolCalls, maxToolCalls, freshnessSeconds, requiredFinalTool } = sla;
  if (toolUsageRequired === false && contract.toolUsageRequired)
    found.push('toolUsageRequired: false, but a tool call is required');
  if (minToolCalls !== undefined && minToolCalls < contract.minToolCalls)
    found.push(`minToolCalls: ${minToolCalls}, but at least ${contract.minToolCalls} are required`);
  if (maxToolCalls !== undefined && maxToolCalls > contract.maxToolCalls)
    found.push(`maxToolCalls: ${maxToolCalls}, but at most ${contract.maxToolCalls} are allowed`);
  if (freshnessSeconds !== undefined && freshnessSeconds > (contract.freshnessSeconds ?? Infinity))
    found.push(
      `freshnessSeconds: ${freshnessSeconds}, but data may be ${contract.freshnessSeconds} s old at most`,
    );
  if (
    requiredFinalTool !== undefined &&
    contract.requiredFinalTool !== undefined &&
    requiredFinalTool !== contract.requiredFinalTool
  )
    found.push(`requiredFinalTool: ${requiredFinalTool}, but it is ${contract.requiredFinalTool}`);
  return found;
}

function least(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined) return b;
  return b === undefined ? a : Math.min(a, b);
}

function union(a: readonly ToolName[], b: readonly ToolName[] | undefined): readonly ToolName[] {
  return b === undefined || b.length === 0 ? a : [...new Set([...a, ...b])];
}
