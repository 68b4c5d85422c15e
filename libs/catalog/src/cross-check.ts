/** What only shows when all files are looked at together: names defined twice, and names that nobody defined. */
import { Unit, nearestName } from '@writ/contracts';
import { indices, keysOf, nodeAt, placeOfKey } from './document.ts';
import type { YamlFile } from './document.ts';
import { approversAt, budgetApprovers, budgetTools, circle, namesAt, parents } from './budget-mentions.ts';
import type { DefinedName, Entries, Mention } from './governance.ts';
import { didYouMean } from './did-you-mean.ts';
import { problemAt } from './problem.ts';
import type { Problem } from './problem.ts';

const SECTION_WORDS: Readonly<Record<DefinedName['section'], string>> = {
  tools: 'tool',
  policies: 'policy',
  budgets: 'budget for account',
  breakers: 'breaker for',
  scheduling: 'scheduling value',
  shares: 'share of account',
  concurrency: 'concurrency limit of',
  environment: 'environment value',
  groups: 'group',
  owners: 'owner of agent',
  nodeTypes: 'node type',
};

/** What can hold for a whole cell. */
const CELL_SECTIONS: readonly string[] = ['breakers', 'scheduling', 'shares'];

/** The same name twice within one section, over all files. */
export function duplicates({ names }: Entries): Problem[] {
  const first = new Map<string, Problem>();
  return names.flatMap(({ section, name, yaml, place }) => {
    const message = `${SECTION_WORDS[section]} "${name}" is defined twice`;
    const here = problemAt(yaml.file, place.offset, place.length, message);
    const earlier = first.get(message);
    if (!earlier) {
      first.set(message, here);
      return [];
    }
    const where = `${earlier.path}:${earlier.line}:${earlier.column}`;
    return [{ ...here, message: `${message}; the first stands at ${where}` }];
  });
}

/** Tools, groups and units that are named but stand in no file. */
export function danglingReferences(files: readonly YamlFile[], entries: Entries): Problem[] {
  const tools = namesOf(entries, 'tools');
  const groups = namesOf(entries, 'groups');
  const accounts = new Set(['/', ...namesOf(entries, 'budgets')]);
  const units = new Set<string>([...Object.values(Unit), ...entries.units]);
  return [
    ...entries.names.flatMap((scoped) => {
      if (scoped.section !== 'breakers' && scoped.section !== 'concurrency') return [];
      const [kind, name] = scoped.name.split(':');
      // Projects and resource keys are defined nowhere.
      if (name === undefined || kind === 'project' || kind === 'key') return [];
      const mention = { ...scoped, name };
      return kind === 'tool' ? unknown(mention, tools, 'tool') : unknown(mention, entries.pools, 'pool');
    }),
    ...files.flatMap(namedGroups).flatMap((mention) => unknown(mention, groups, 'group')),
    ...files.flatMap(limitedUnits).flatMap((mention) => misspeltUnit(mention, units)),
    ...files.flatMap(budgetTools).flatMap((mention) => unknown(mention, tools, 'tool')),
    ...files.flatMap(budgetApprovers).flatMap((mention) => unknown(mention, groups, 'group')),
    ...files.flatMap(parents).flatMap((mention) => unknown(mention, accounts, 'account')),
    ...files.flatMap(parents).flatMap((mention) => circle(mention, entries)),
  ];
}

/** Sections that say nothing about all tenants. */
export function notOfTheCell(yaml: YamlFile): Problem[] {
  return keysOf(nodeAt(yaml, [])).flatMap((key) => {
    const place = CELL_SECTIONS.includes(key) ? undefined : placeOfKey(yaml, [key]);
    if (!place) return [];
    const message = `the cell has no ${key}: only ${CELL_SECTIONS.slice(0, -1).join(', ')} and ${CELL_SECTIONS.at(-1)} hold for all tenants`;
    return [problemAt(yaml.file, place.offset, place.length, message)];
  });
}

function namesOf({ names }: Entries, section: DefinedName['section']): ReadonlySet<string> {
  return new Set(names.filter((defined) => defined.section === section).map(({ name }) => name));
}

function namedGroups(yaml: YamlFile): Mention[] {
  return indices(yaml, 'policies').flatMap((index) => {
    const approval = ['policies', index, 'approval'];
    return [
      ...approversAt(yaml, approval),
      ...namesAt(yaml, [...approval, 'breakGlass']),
      ...namesAt(yaml, ['policies', index, 'notify', 'groups']),
    ];
  });
}

function limitedUnits(yaml: YamlFile): Mention[] {
  return indices(yaml, 'budgets').flatMap((index) => {
    const path = ['budgets', index, 'limits'];
    return keysOf(nodeAt(yaml, path)).flatMap((name) => {
      const place = placeOfKey(yaml, [...path, name]);
      return place ? [{ name, yaml, place }] : [];
    });
  });
}

function unknown({ name, yaml, place }: Mention, known: ReadonlySet<string>, what: string): Problem[] {
  if (known.has(name)) return [];
  const list = known.size > 0 && known.size <= 8 ? `; known: ${[...known].join(', ')}` : '';
  const hint = didYouMean(name, known) || list || `; no file defines a ${what}`;
  return [problemAt(yaml.file, place.offset, place.length, `no ${what} is named "${name}"${hint}`)];
}

/** A unit that nothing costs never limits anything; near a known one it is a slip of the pen, else a unit of its own. */
function misspeltUnit({ name, yaml, place }: Mention, units: ReadonlySet<string>): Problem[] {
  const meant = units.has(name) ? undefined : nearestName(name, units);
  if (meant === undefined) return [];
  return [
    problemAt(yaml.file, place.offset, place.length, `no tool costs "${name}"; did you mean "${meant}"?`),
  ];
}
