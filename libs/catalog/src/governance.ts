/** The entries of the governance files: each checked alone, each with the place that later problems point at. */
import {
  breakerSpec,
  budgetSpec,
  concurrencySpec,
  environmentSpec,
  governanceFile,
  groupsSpec,
  nodeType,
  ownersSpec,
  policyFileRule,
  schedulingSpec,
  shareSpec,
  toolSpec,
} from '@writ/contracts';
import type {
  BreakerSpec,
  BudgetSpec,
  ConcurrencySpec,
  EnvironmentSpec,
  GroupsSpec,
  NodeType,
  OwnersSpec,
  PolicyRule,
  SchedulingSpec,
  ShareSpec,
  ToolSpec,
} from '@writ/contracts';
import { isMap, isSeq } from 'yaml';
import type { z } from 'zod';
import { indices, keysOf, nodeAt, placeOf, placeOfKey, scalarAt } from './document.ts';
import type { Place, YamlFile } from './document.ts';
import { checkEntry, unknownKey } from './entry.ts';
import type { Entry } from './entry.ts';
import { problemAt } from './problem.ts';
import type { Problem } from './problem.ts';

/** Everything that passed its own schema, of all files. */
export interface Entries {
  readonly tools: Entry<ToolSpec>[];
  readonly policies: Entry<PolicyRule>[];
  readonly budgets: Entry<BudgetSpec>[];
  readonly breakers: Entry<BreakerSpec>[];
  readonly scheduling: Entry<SchedulingSpec>[];
  readonly shares: Entry<ShareSpec>[];
  readonly concurrency: Entry<ConcurrencySpec>[];
  readonly environment: Entry<EnvironmentSpec>[];
  readonly groups: Entry<GroupsSpec>[];
  readonly owners: Entry<OwnersSpec>[];
  readonly nodeTypes: Entry<NodeType>[];
  /** Names that are defined, by broken entries too, so that one mistake does not make every mention another. */
  readonly names: DefinedName[];
  /** Units that tools cost. */
  readonly units: Set<string>;
  /** Pools that tools run in. */
  readonly pools: Set<string>;
}

/** A name and the place that defines it. */
export interface DefinedName {
  readonly section: keyof typeof NAMED_BY | keyof typeof SCOPED_BY | (typeof KEYED)[number];
  readonly name: string;
  readonly yaml: YamlFile;
  readonly place: Place;
}

/** A name and where it is used. */
export type Mention = Pick<DefinedName, 'name' | 'yaml' | 'place'>;

/** The field that names the entries of each list. */
const NAMED_BY = {
  tools: 'name',
  policies: 'name',
  budgets: 'account',
  shares: 'account',
  nodeTypes: 'name',
} as const;

/** The fields of which one says what an entry is about. */
const SCOPED_BY = {
  breakers: ['tool', 'pool', 'everything'],
  concurrency: ['tool', 'project', 'key'],
} as const;

/** Where a tool runs that names no pool. */
const DEFAULT_POOL = toolSpec.shape.pool.parse(undefined);

/** Sections whose keys are the names. */
const KEYED = ['scheduling', 'environment', 'groups', 'owners'] as const;

const SECTIONS = Object.keys(governanceFile.shape);

export function noEntries(): Entries {
  const lists = {
    tools: [],
    policies: [],
    budgets: [],
    breakers: [],
    nodeTypes: [],
    shares: [],
    concurrency: [],
  };
  const wholes = { scheduling: [], environment: [], groups: [], owners: [] };
  return { ...lists, ...wholes, names: [], units: new Set(), pools: new Set() };
}

/** Adds what one file holds to `entries`; returns what is wrong with it. */
export function readEntries(yaml: YamlFile, entries: Entries): readonly Problem[] {
  const root = nodeAt(yaml, []);
  if (!root) return [];
  if (!isMap(root)) {
    const { offset, length } = placeOf(yaml, []);
    const message = `a governance file is a mapping with the keys ${SECTIONS.join(', ')}`;
    return [problemAt(yaml.file, offset, length, message)];
  }
  const keys = keysOf(root);
  const byScope = [...scopeNames(yaml, 'breakers'), ...scopeNames(yaml, 'concurrency')];
  const byKey = KEYED.flatMap((section) => keyNames(yaml, section));
  entries.names.push(...listNames(yaml), ...byScope, ...byKey);
  collectUses(yaml, entries);
  return [
    ...keys.filter((key) => !SECTIONS.includes(key)).map((key) => unknownKey(yaml, [key], SECTIONS)),
    ...list(yaml, 'tools', toolSpec, 'a tool', entries.tools),
    ...list(yaml, 'policies', policyFileRule, 'a policy', entries.policies),
    ...list(yaml, 'budgets', budgetSpec, 'a budget', entries.budgets),
    ...list(yaml, 'breakers', breakerSpec, 'a breaker', entries.breakers),
    ...list(yaml, 'nodeTypes', nodeType, 'a node type', entries.nodeTypes),
    ...list(yaml, 'shares', shareSpec, 'a share', entries.shares),
    ...list(yaml, 'concurrency', concurrencySpec, 'a concurrency limit', entries.concurrency),
    ...whole(yaml, 'scheduling', schedulingSpec, entries.scheduling),
    ...whole(yaml, 'environment', environmentSpec, entries.environment),
    ...whole(yaml, 'groups', groupsSpec, entries.groups),
    ...whole(yaml, 'owners', ownersSpec, entries.owners),
  ];
}

function listNames(yaml: YamlFile): DefinedName[] {
  return (Object.keys(NAMED_BY) as (keyof typeof NAMED_BY)[]).flatMap((section) =>
    indices(yaml, section).flatMap((index) => {
      const path = [section, index, NAMED_BY[section]];
      const scalar = scalarAt(yaml, path);
      return scalar ? [{ section, name: String(scalar.value), yaml, place: placeOf(yaml, path) }] : [];
    }),
  );
}

/** `tool:dock`, `pool:gpu`, `all`: named by their scope, as facts and the command line name them. */
function scopeNames(yaml: YamlFile, section: keyof typeof SCOPED_BY): DefinedName[] {
  return indices(yaml, section).flatMap((index) =>
    SCOPED_BY[section].flatMap((field) => {
      const path = [section, index, field];
      const scalar = scalarAt(yaml, path);
      if (!scalar) return [];
      const name = field === 'everything' ? 'all' : `${field}:${String(scalar.value)}`;
      return [{ section, name, yaml, place: placeOf(yaml, path) }];
    }),
  );
}

function keyNames(yaml: YamlFile, section: (typeof KEYED)[number]): DefinedName[] {
  return keysOf(nodeAt(yaml, [section])).flatMap((name) => {
    const place = placeOfKey(yaml, [section, name]);
    return place ? [{ section, name, yaml, place }] : [];
  });
}

function collectUses(yaml: YamlFile, { units, pools }: Entries): void {
  for (const index of indices(yaml, 'tools')) {
    for (const unit of keysOf(nodeAt(yaml, ['tools', index, 'cost']))) units.add(unit);
    const pool = scalarAt(yaml, ['tools', index, 'pool'])?.value;
    pools.add(typeof pool === 'string' ? pool : DEFAULT_POOL);
  }
}

function list<T>(
  yaml: YamlFile,
  section: string,
  schema: z.ZodType<T>,
  subject: string,
  into: Entry<T>[],
): Problem[] {
  const node = nodeAt(yaml, [section]);
  if (!node) return [];
  if (!isSeq(node)) {
    const { offset, length } = placeOf(yaml, [section]);
    return [
      problemAt(yaml.file, offset, length, `"${section}" must be a list, each entry starting with "- "`),
    ];
  }
  return indices(yaml, section).flatMap((index) => collect(yaml, [section, index], schema, subject, into));
}

function whole<T>(
  yaml: YamlFile,
  section: string,
  schema: z.ZodType<T>,
  into: Entry<T>[],
): readonly Problem[] {
  return nodeAt(yaml, [section]) ? collect(yaml, [section], schema, `"${section}"`, into) : [];
}

function collect<T>(
  yaml: YamlFile,
  path: readonly (string | number)[],
  schema: z.ZodType<T>,
  subject: string,
  into: Entry<T>[],
): readonly Problem[] {
  const { entry, problems } = checkEntry(yaml, path, schema, subject);
  if (entry) into.push(entry);
  return problems;
}
