/**
 * From files to one catalog, or to every problem that they have. Nothing is half loaded: with one problem there is no
 * catalog, because a policy that was left out allows what it should stop.
 */
import { WritError, breakerScopeOf } from '@writ/contracts';
import type { SchedulingSpec } from '@writ/contracts';
import { limitsByName, sharesByAccount } from './catalog.ts';
import type { Catalog } from './catalog.ts';
import { danglingReferences, duplicates, notOfTheCell } from './cross-check.ts';
import { parseYaml } from './document.ts';
import type { YamlFile } from './document.ts';
import { expressionProblems } from './expression-check.ts';
import { noEntries, readEntries } from './governance.ts';
import type { Entries } from './governance.ts';
import { MAX_PROBLEMS } from './limits.ts';
import { looseNodeTypes } from './node-types.ts';
import { renderProblem } from './problem.ts';
import type { Problem, SourceFile } from './problem.ts';

export type LoadResult =
  | { readonly ok: true; readonly catalog: Catalog }
  | { readonly ok: false; readonly problems: readonly Problem[] };

export interface LoadOptions {
  /** The cell's own catalog: what holds for all tenants, of whose tools it knows nothing. */
  readonly cell?: boolean;
}

/** Loads all files of a folder together. Problems come in the order of the files. */
export function loadCatalog(files: readonly SourceFile[], { cell = false }: LoadOptions = {}): LoadResult {
  const entries = noEntries();
  const problems: Problem[] = [];
  const readable: YamlFile[] = [];
  for (const file of files) {
    const parsed = parseYaml(file);
    problems.push(...parsed.problems);
    if (!parsed.yaml) continue;
    readable.push(parsed.yaml);
    problems.push(...readEntries(parsed.yaml, entries), ...expressionProblems(parsed.yaml));
  }
  problems.push(...duplicates(entries));
  // What an unreadable file was about to define is not known, so a name may only seem to be missing.
  if (cell) problems.push(...readable.flatMap(notOfTheCell));
  else if (readable.length === files.length) problems.push(...danglingReferences(readable, entries));
  problems.push(...looseNodeTypes(entries));
  if (problems.length > 0)
    return { ok: false, problems: inFileOrder(files, distinct(problems)).slice(0, MAX_PROBLEMS) };
  return { ok: true, catalog: toCatalog(entries) };
}

/**
 * The catalog of the files.
 * @throws WritError `invalid-catalog` whose message is every problem as `file:line:column: message` with its source line.
 */
export function requireCatalog(files: readonly SourceFile[], options: LoadOptions = {}): Catalog {
  const result = loadCatalog(files, options);
  if (result.ok) return result.catalog;
  throw new WritError('invalid-catalog', result.problems.map(renderProblem).join('\n'), {
    details: { problems: result.problems },
  });
}

function toCatalog(entries: Entries): Catalog {
  return {
    tools: new Map(entries.tools.map(({ value }) => [value.name, value])),
    policies: entries.policies.map(({ value }) => value),
    budgets: new Map(entries.budgets.map(({ value }) => [value.account, value])),
    breakers: new Map(entries.breakers.map(({ value }) => [breakerScopeOf(value), value])),
    scheduling: mergedScheduling(entries),
    shares: sharesByAccount(entries.shares.map(({ value }) => value)),
    concurrency: limitsByName(entries.concurrency.map(({ value }) => value)),
    environment: Object.assign({}, ...entries.environment.map(({ value }) => value)),
    groups: Object.assign({}, ...entries.groups.map(({ value }) => value)),
    owners: Object.assign({}, ...entries.owners.map(({ value }) => value)),
    nodeTypes: new Map(entries.nodeTypes.map(({ value }) => [value.name, value])),
  };
}

/** Several files may each say a part of it. */
function mergedScheduling({ scheduling }: Entries): SchedulingSpec | undefined {
  return scheduling.length === 0 ? undefined : Object.assign({}, ...scheduling.map(({ value }) => value));
}

/** An entry that several aliases repeat has its mistakes once. */
function distinct(problems: readonly Problem[]): Problem[] {
  const key = ({ path, line, column, message }: Problem): string => `${path}:${line}:${column}:${message}`;
  return [...new Map(problems.map((problem) => [key(problem), problem])).values()];
}

function inFileOrder(files: readonly SourceFile[], problems: readonly Problem[]): Problem[] {
  const order = new Map(files.map((file, index) => [file.path, index]));
  const rank = (problem: Problem): number => order.get(problem.path) ?? 0;
  return [...problems].sort((a, b) => rank(a) - rank(b) || a.line - b.line || a.column - b.column);
}
