/**
 * What is wrong with a workflow before it runs: a graph that cannot be walked, a contract that nobody could keep. A run
 * whose workflow has a problem is refused, so a contract that is in force can be met.
 */
import { ToolRole, nearestName } from '@writ/contracts';
import type { ToolName, WorkflowNode, WorkflowProblem, WorkflowSpec } from '@writ/contracts';
import { Guarantee } from './contract.ts';
import type { Contract } from './contract.ts';
import { graphProblems } from './graph.ts';
import { MAX_DETAIL_LENGTH, MAX_PROBLEMS } from './limits.ts';
import { contractsOf, isFallback, mayCall } from './plan.ts';
import type { Contracts, Tools } from './plan.ts';
import type { NodeTypes } from './node-types.ts';
import { schemaMistake } from './schema-check.ts';
import { schemaProblem } from './schema-subset.ts';

export interface LintCatalog {
  readonly tools: Tools;
  readonly types: NodeTypes;
  /** Why policy would deny every call of a tool, by tool; the gate itself leaves this to the planner. */
  readonly denied?: ReadonlyMap<string, string>;
}

export interface Linted {
  readonly contracts: Contracts;
  /** Empty: every contract can be met. */
  readonly problems: readonly WorkflowProblem[];
}

export function lint(workflow: WorkflowSpec, catalog: LintCatalog): Linted {
  const { contracts, problems } = contractsOf(workflow, catalog.types, catalog.tools);
  const found: WorkflowProblem[] = [
    ...graphProblems(workflow),
    ...problems.map((problem) => ({ code: 'contract', ...problem })),
  ];
  for (const node of workflow.nodes) {
    // Enough is enough: looking for what was meant takes time, and agents write workflows.
    if (found.length >= MAX_PROBLEMS) break;
    const contract = contracts.get(node.name);
    if (!contract) continue;
    const told = [
      ...toolProblems(node, contract, catalog),
      ...countProblems(contract),
      ...guaranteeProblems(node, contract, workflow, catalog),
      ...schemaProblems(node, contract),
    ];
    found.push(...told.map((problem) => ({ ...problem, node: node.name })));
  }
  const first = found.slice(0, MAX_PROBLEMS);
  return {
    contracts,
    problems: first.map((one) => ({ ...one, message: one.message.slice(0, MAX_DETAIL_LENGTH) })),
  };
}

type Told = Pick<WorkflowProblem, 'code' | 'message'>;

function toolProblems(node: WorkflowNode, contract: Contract, { tools, denied }: LintCatalog): Told[] {
  const { requiredFinalTool: final, requiredTools, forbiddenTools } = contract;
  const demanded = [...(final === undefined ? [] : [final]), ...requiredTools];
  const known = [...tools.keys()];
  return [
    ...[...new Set([...node.tools, ...demanded])].flatMap((tool): Told[] => {
      if (tools.has(tool)) return [];
      const meant = nearestName(tool, known);
      const hint = meant === undefined ? '' : `; did you mean "${meant}"?`;
      return [{ code: 'unknown-tool', message: `tool "${tool}" is not registered${hint}` }];
    }),
    ...demanded.flatMap((tool): Told[] => {
      if (forbiddenTools.includes(tool))
        return [{ code: 'contradiction', message: `tool "${tool}" is required and forbidden` }];
      if (!mayCall(node, tool))
        return [
          { code: 'contradiction', message: `tool "${tool}" is required but not among the node's tools` },
        ];
      const why = denied?.get(tool);
      return why === undefined
        ? []
        : [{ code: 'denied-tool', message: `tool "${tool}" is required, but policy denies it: ${why}` }];
    }),
  ];
}

function countProblems({ minToolCalls: least, maxToolCalls: most, ...contract }: Contract): Told[] {
  const { toolUsageRequired, requiredTools, requiredFinalTool: final } = contract;
  const tools = new Set<ToolName>(final === undefined ? requiredTools : [...requiredTools, final]);
  const needed = Math.max(least, tools.size, toolUsageRequired ? 1 : 0);
  if (needed <= most) return [];
  return [
    { code: 'contradiction', message: `at least ${needed} calls are required and at most ${most} allowed` },
  ];
}

/** The tools that a guarantee needs one of. */
const NEEDS: Readonly<Record<Guarantee, { readonly role: ToolRole; readonly what: string } | undefined>> = {
  [Guarantee.routes]: { role: ToolRole.decision, what: 'a decision tool such as conditional_gate' },
  [Guarantee.fetches]: { role: ToolRole.data, what: 'a tool that fetches data' },
  [Guarantee.acts]: { role: ToolRole.action, what: 'a tool that acts' },
  [Guarantee.none]: undefined,
};

function guaranteeProblems(
  node: WorkflowNode,
  contract: Contract,
  { edges }: WorkflowSpec,
  { tools, denied }: LintCatalog,
): Told[] {
  const found: Told[] = [];
  const need = NEEDS[contract.guarantee];
  if (need) {
    const fit = (node.tools.length > 0 ? node.tools : [...tools.keys()]).filter((tool) =>
      tools.get(tool)?.roles.includes(need.role),
    );
    const usable = fit.filter(
      (tool) => !denied?.has(tool) && !contract.forbiddenTools.includes(tool as ToolName),
    );
    if (usable.length === 0) {
      const why = fit.length === 0 ? '' : `; ${fit.join(', ')} may not be called`;
      found.push({
        code: 'no-fitting-tool',
        message: `a node of type "${node.type}" needs ${need.what}${why}`,
      });
    }
  }
  const outgoing = edges.filter(({ from }) => from === node.name);
  if (contract.guarantee === Guarantee.routes) {
    const final = contract.requiredFinalTool;
    if (final !== undefined && tools.has(final) && !tools.get(final)?.roles.includes(ToolRole.decision))
      found.push({
        code: 'contradiction',
        message: `the last call must be "${final}", which is no decision tool`,
      });
    if (outgoing.length === 0)
      found.push({ code: 'no-route', message: 'a decision needs edges with `when`' });
    for (const { to } of outgoing.filter(({ when }) => when === undefined))
      found.push({
        code: 'no-route',
        message: `the edge to "${to}" needs \`when\`: a decision takes one path`,
      });
  } else {
    for (const { to } of outgoing.filter(({ when }) => when !== undefined))
      found.push({ code: 'no-route', message: `the edge to "${to}" has \`when\`, but only decisions route` });
  }
  if (isFallback(node) && edges.some(({ to }) => to === node.onFailure.fallback))
    found.push({
      code: 'fallback',
      message: `fallback "${node.onFailure.fallback}" has edges of its own: it gets what this node gets`,
    });
  return found;
}

function schemaProblems({ inputSchema }: WorkflowNode, { outputSchemas }: Contract): Told[] {
  const named = [
    ...outputSchemas.map((schema) => ['outputSchema', schema] as const),
    ...(inputSchema === undefined ? [] : [['inputSchema', inputSchema] as const]),
  ];
  return named.flatMap(([name, schema]) => {
    const problem = schemaProblem(schema) ?? schemaMistake(schema);
    return problem === undefined ? [] : [{ code: 'schema', message: `${name} ${problem}` }];
  });
}
