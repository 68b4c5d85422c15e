/** Whether nodes and edges make a graph that ends: names that exist, once each, and no way back. */
import type { WorkflowProblem, WorkflowSpec } from '@writ/contracts';
import { nearestName } from '@writ/contracts';
import { isFallback } from './plan.ts';

export function graphProblems({ nodes, edges }: WorkflowSpec): WorkflowProblem[] {
  const names = new Set<string>();
  const problems: WorkflowProblem[] = [];
  for (const { name } of nodes) {
    if (names.has(name))
      problems.push({ code: 'duplicate-node', node: name, message: `"${name}" is there twice` });
    names.add(name);
  }
  for (const { from, to } of edges) {
    for (const name of [from, to])
      if (!names.has(name)) problems.push(unknownNode(name, `edge ${from} -> ${to}`, names));
  }
  const standIns = new Set<string>();
  for (const node of nodes) {
    if (!isFallback(node)) continue;
    const { fallback } = node.onFailure;
    if (!names.has(fallback)) problems.push(unknownNode(fallback, `fallback of ${node.name}`, names));
    if (fallback === node.name || standIns.has(fallback))
      problems.push({
        code: 'fallback',
        node: node.name,
        message: `"${fallback}" can stand in for one other node`,
      });
    standIns.add(fallback);
  }
  const around = problems.length === 0 ? cycle({ nodes, edges }) : undefined;
  if (around)
    problems.push({
      code: 'cycle',
      node: around[0] ?? '',
      message: `goes in a circle: ${around.join(' -> ')}`,
    });
  return problems;
}

function unknownNode(name: string, where: string, names: ReadonlySet<string>): WorkflowProblem {
  const meant = nearestName(name, names);
  const hint = meant === undefined ? '' : `; did you mean "${meant}"?`;
  return { code: 'unknown-node', message: `${where}: no node is named "${name}"${hint}` };
}

/** A way that comes back to where it began; falling back counts as a step. */
function cycle({ nodes, edges }: Pick<WorkflowSpec, 'nodes' | 'edges'>): string[] | undefined {
  const next = new Map<string, string[]>(nodes.map(({ name }) => [name, []]));
  for (const { from, to } of edges) next.get(from)?.push(to);
  for (const node of nodes) if (isFallback(node)) next.get(node.name)?.push(node.onFailure.fallback);
  const waits = new Map<string, number>(nodes.map(({ name }) => [name, 0]));
  for (const targets of next.values()) for (const to of targets) waits.set(to, (waits.get(to) ?? 0) + 1);
  const free = nodes.map(({ name }) => name).filter((name) => waits.get(name) === 0);
  for (let name = free.pop(); name !== undefined; name = free.pop()) {
    waits.delete(name);
    for (const to of next.get(name) ?? []) {
      const left = (waits.get(to) ?? 0) - 1;
      waits.set(to, left);
      if (left === 0) free.push(to);
    }
  }
  const [start] = waits.keys();
  return start === undefined ? undefined : walkBack(start, next, waits);
}

/** From any node that is left, every step among those that are left leads into a circle sooner or later. */
function walkBack(
  start: string,
  next: ReadonlyMap<string, string[]>,
  left: ReadonlyMap<string, number>,
): string[] {
  const before = new Map<string, string>();
  for (const [from, targets] of next) if (left.has(from)) for (const to of targets) before.set(to, from);
  const way = [start];
  for (let at = before.get(start); at !== undefined; at = before.get(at)) {
    const seen = way.indexOf(at);
    if (seen >= 0) return [...way.slice(seen), at].toReversed();
    way.push(at);
  }
  return way;
}
