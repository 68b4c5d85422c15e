/** The names that budgets mention (tools, groups, accounts above them), and chains of accounts that never end. */
import { indices, keysOf, nodeAt, placeOf, valueAt } from './document.ts';
import type { Path, YamlFile } from './document.ts';
import type { Entries, Mention } from './governance.ts';
import { problemAt } from './problem.ts';
import type { Problem } from './problem.ts';

/** `tool:` of limits. */
export function budgetTools(yaml: YamlFile): Mention[] {
  return limitPaths(yaml).flatMap((path) => mentionAt(yaml, [...path, 'tool']));
}

/** The groups that limits ask. */
export function budgetApprovers(yaml: YamlFile): Mention[] {
  return limitPaths(yaml).flatMap((path) => approversAt(yaml, path));
}

/** `approvers:` of whatever asks people, and of its later stages. */
export function approversAt(yaml: YamlFile, path: Path): Mention[] {
  const stages = valueAt(yaml, [...path, 'escalate']);
  const later = Array.isArray(stages) ? stages.map((_, stage) => [...path, 'escalate', stage]) : [];
  return [path, ...later].flatMap((asking) => namesAt(yaml, [...asking, 'approvers']));
}

/** The names of a list. */
export function namesAt(yaml: YamlFile, path: Path): Mention[] {
  const names = valueAt(yaml, path);
  return Array.isArray(names) ? names.flatMap((_, index) => mentionAt(yaml, [...path, index])) : [];
}

/** `parent:` of accounts. */
export function parents(yaml: YamlFile): Mention[] {
  return indices(yaml, 'budgets').flatMap((index) => mentionAt(yaml, ['budgets', index, 'parent']));
}

/** A parent above which the account itself stands again. */
export function circle({ name, yaml, place }: Mention, { budgets }: Entries): Problem[] {
  const above = new Map(budgets.map(({ value }) => [value.account, value.parent]));
  const seen = new Set<string>();
  let next: string | undefined = name;
  while (next !== undefined && !seen.has(next)) {
    seen.add(next);
    next = above.get(next);
  }
  if (next !== name) return [];
  const chain = [...seen, name].join(' -> ');
  return [problemAt(yaml.file, place.offset, place.length, `parents must not form a circle: ${chain}`)];
}

/** Where limits that are mappings stand: a unit has one or a list of them. */
function limitPaths(yaml: YamlFile): Path[] {
  return indices(yaml, 'budgets').flatMap((index) => {
    const limits = ['budgets', index, 'limits'];
    return keysOf(nodeAt(yaml, limits)).flatMap((unit): Path[] => {
      const path = [...limits, unit];
      const value = valueAt(yaml, path);
      return Array.isArray(value) ? value.map((_, place) => [...path, place]) : [path];
    });
  });
}

function mentionAt(yaml: YamlFile, path: Path): Mention[] {
  const name = valueAt(yaml, path);
  return typeof name === 'string' ? [{ name, yaml, place: placeOf(yaml, path) }] : [];
}
