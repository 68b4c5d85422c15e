/**
 * A workflow ready to be run: every node with its whole contract and its edges. Contracts are fixed when a run opens;
 * what the catalog says later changes nothing of it.
 */
import type { WorkflowEdge, WorkflowNode, WorkflowSpec } from '@writ/contracts';
import { loosenings, tightened } from './contract.ts';
import type { Contract } from './contract.ts';
import { contractOfType } from './node-types.ts';
import type { NodeTypes } from './node-types.ts';
import type { PlannedTool } from './tools.ts';

/** By node. */
export type Contracts = ReadonlyMap<string, Contract>;

export interface PlannedNode {
  readonly node: WorkflowNode;
  readonly contract: Contract;
  readonly incoming: readonly WorkflowEdge[];
  readonly outgoing: readonly WorkflowEdge[];
  /** The paths that a decision may take. */
  readonly routes: ReadonlySet<string>;
  /** The node that it stands in for when that one has failed. */
  readonly standsInFor: string | undefined;
}

export interface Plan {
  readonly nodes: ReadonlyMap<string, PlannedNode>;
  /** Where data enters. */
  readonly roots: readonly string[];
}

export type Tools = ReadonlyMap<string, PlannedTool>;

/** What each node owes, and a sentence for everything in it that would loosen a promise. */
export function contractsOf(
  { nodes }: WorkflowSpec,
  types: NodeTypes,
  tools: Tools,
): { readonly contracts: Contracts; readonly problems: readonly { node: string; message: string }[] } {
  const contracts = new Map<string, Contract>();
  const problems: { node: string; message: string }[] = [];
  for (const node of nodes) {
    const type = contractOfType(node.type, types);
    if (!type.contract) {
      problems.push({ node: node.name, message: type.problem });
      continue;
    }
    const { contract, conflicts } = contractOf(node, type.contract, tools);
    contracts.set(node.name, contract);
    problems.push(...conflicts.map((message) => ({ node: node.name, message })));
  }
  return { contracts, problems };
}

export function planOf({ nodes, edges }: WorkflowSpec, contracts: Contracts): Plan {
  const incoming = Map.groupBy(edges, ({ to }) => to);
  const outgoing = Map.groupBy(edges, ({ from }) => from);
  const standIns = new Map(
    nodes.flatMap((node) => (isFallback(node) ? [[node.onFailure.fallback, node.name]] : [])),
  );
  const planned = new Map<string, PlannedNode>();
  for (const node of nodes) {
    const out = outgoing.get(node.name) ?? [];
    planned.set(node.name, {
      node,
      contract: contracts.get(node.name) as Contract,
      incoming: incoming.get(node.name) ?? [],
      outgoing: out,
      routes: new Set(out.flatMap(({ when }) => (when === undefined ? [] : [when]))),
      standsInFor: standIns.get(node.name),
    });
  }
  const roots = nodes
    .filter(({ name }) => !incoming.has(name) && !standIns.has(name))
    .map(({ name }) => name);
  return { nodes: planned, roots };
}

export function isFallback(node: WorkflowNode): node is WorkflowNode & { onFailure: { fallback: string } } {
  return typeof node.onFailure === 'object';
}

/** Which tools a node may call; nothing means any. */
export function mayCall({ tools }: WorkflowNode, tool: string): boolean {
  return tools.length === 0 || (tools as readonly string[]).includes(tool);
}

function contractOf(
  node: WorkflowNode,
  typed: Contract,
  tools: Tools,
): { readonly contract: Contract; readonly conflicts: readonly string[] } {
  let contract = typed;
  const conflicts: string[] = [];
  for (const name of node.tools) {
    const demanded = tools.get(name)?.requiresSla;
    if (!demanded) continue;
    const { requiredFinalTool: final } = demanded;
    if (
      final !== undefined &&
      contract.requiredFinalTool !== undefined &&
      final !== contract.requiredFinalTool
    )
      conflicts.push(`tools demand both ${contract.requiredFinalTool} and ${final} as the last call`);
    contract = tightened(contract, demanded);
  }
  const finals = node.tools.filter((name) => tools.get(name)?.mustBeFinalTool);
  const [only] = finals;
  if (only !== undefined && finals.length === 1) {
    if (contract.requiredFinalTool !== undefined && contract.requiredFinalTool !== only)
      conflicts.push(
        `tool ${only} must be the last call, but ${contract.requiredFinalTool} is required there`,
      );
    contract = tightened(contract, { requiredFinalTool: only });
  }
  if (!node.sla) return { contract, conflicts };
  conflicts.push(...loosenings(contract, node.sla).map((what) => `a node may only be stricter: ${what}`));
  return { contract: tightened(contract, node.sla), conflicts };
}
