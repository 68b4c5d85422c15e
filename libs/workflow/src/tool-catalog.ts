/** What a planner is told of tools and node types: as data, and as text for a system prompt. */
import type { JsonObject, NodeSla, TenantId } from '@writ/contracts';
import type { Contract } from './contract.ts';
import { contractOfType, knownTypes, promiseOf } from './node-types.ts';
import type { GateState } from './state.ts';
import type { PlannedTool } from './tools.ts';

export interface ToolEntry extends PlannedTool {
  /** Why policy denies every call of it; absent: it may be allowed. */
  readonly denied?: string;
  /** JSON Schema of its arguments. */
  readonly inputs?: JsonObject;
}

export interface TypeEntry {
  readonly name: string;
  readonly promise: string;
  readonly contract: Contract;
}

export interface ToolCatalog {
  readonly tools: readonly ToolEntry[];
  readonly nodeTypes: readonly TypeEntry[];
}

/** Of one tenant, as it stands; policy says which tools it denies and what their arguments are. */
export function toolCatalog(
  state: GateState,
  tenant: TenantId,
  denied: ReadonlyMap<string, string>,
  inputs: ReadonlyMap<string, JsonObject>,
): ToolCatalog {
  const place = state.tenants.get(tenant);
  const types = place?.types ?? new Map();
  const tools = [...(place?.tools.values() ?? [])].map((tool): ToolEntry => {
    const why = denied.get(tool.name);
    const schema = inputs.get(tool.name);
    return {
      ...tool,
      ...(why === undefined ? {} : { denied: why }),
      ...(schema === undefined ? {} : { inputs: schema }),
    };
  });
  const nodeTypes = knownTypes(types).flatMap((name): TypeEntry[] => {
    const { contract } = contractOfType(name, types);
    return contract ? [{ name, promise: promiseOf(name, types), contract }] : [];
  });
  return { tools, nodeTypes };
}

/** For a system prompt: one paragraph a tool, the ones that may not be called left out. */
export function catalogText({ tools, nodeTypes }: ToolCatalog): string {
  const usable = tools.filter(({ denied }) => denied === undefined);
  return [
    'Node types:',
    ...nodeTypes.map(({ name, promise }) => `- ${name}: ${promise}.`),
    '',
    'Tools:',
    ...usable.flatMap(toolLines),
  ].join('\n');
}

function toolLines(tool: ToolEntry): string[] {
  const traits = [
    tool.roles.join(' and '),
    `${tool.class}, ${tool.effects}`,
    ...(tool.mustBeFinalTool ? ['must be the last call of its node'] : []),
  ];
  const demands =
    tool.requiresSla === undefined ? [] : [`  A node that has it: ${slaText(tool.requiresSla)}.`];
  return [
    `- ${tool.name} (${traits.join('; ')})${tool.description === '' ? '' : `: ${tool.description}`}`,
    ...demands,
    ...tool.patterns.map((pattern) => `  Typical: ${pattern}`),
  ];
}

/** `{minToolCalls: 1, requiredTools: [a]}` -> "minToolCalls 1, requiredTools a". */
export function slaText(sla: NodeSla): string {
  const told = Object.entries(sla).map(([field, value]) => {
    if (field === 'outputSchema') return 'an output schema';
    return value === true
      ? field
      : `${field} ${Array.isArray(value) ? value.join(' ') : JSON.stringify(value)}`;
  });
  return told.join(', ') || 'nothing special';
}
