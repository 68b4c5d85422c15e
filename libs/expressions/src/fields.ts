/**
 * What a condition can see, in one table: the names, their types, what they mean and how each is read. The
 * typed environment, the reading closures, `explain` and the README's table are all made of it.
 */
import { Effects, SafetyClass } from '@writ/contracts';
import { Absent } from './field.ts';
import type { Field } from './field.ts';
import { SITUATION_FIELDS, timestampOf } from './situation-fields.ts';
import { Dimension } from './units.ts';

/** Every name of the language, in the order of the README. */
export const FIELDS: readonly Field[] = [
  { path: 'tool.name', type: 'string', meaning: 'name of the tool', read: (b) => b.tool.name },
  {
    path: 'tool.class',
    type: 'string',
    meaning: 'safety class: `READ_ONLY`, `LOCAL_WRITE`, `NETWORK` or `DESTRUCTIVE`',
    read: (b) => b.tool.class,
    oneOf: Object.values(SafetyClass),
  },
  {
    path: 'tool.effects',
    type: 'string',
    meaning: 'what may be repeated: `pure`, `keyed`, `queryable` or `once`',
    read: (b) => b.tool.effects,
    oneOf: Object.values(Effects),
  },
  {
    path: 'tool.destructive',
    type: 'bool',
    meaning: 'whether its class is `DESTRUCTIVE`',
    read: (b) => b.tool.destructive,
  },
  {
    path: 'tool.cost',
    type: Dimension.nodeHours,
    meaning: 'the most node-hours that this call may use',
    read: (b) => b.tool.cost,
  },
  {
    path: 'tool.price',
    type: Dimension.usd,
    meaning: 'the most money that this call may cost',
    read: (b) => b.tool.price,
  },
  {
    path: 'tool.labels',
    type: 'map<string, string>',
    meaning: 'labels that its owner gave it; an absent label reads as `""`',
    read: (b) => b.tool.labels,
    absent: Absent.emptyText,
  },
  {
    path: 'args',
    type: 'map<string, dyn>',
    meaning: 'arguments of the call, as JSON; numbers are doubles, to read an absent one is an error',
    read: (b) => b.args,
    absent: Absent.error,
  },
  { path: 'agent.name', type: 'string', meaning: 'name of the agent that asks', read: (b) => b.agent.name },
  { path: 'request.project', type: 'string', meaning: 'project that pays', read: (b) => b.request.project },
  {
    path: 'request.campaign',
    type: 'string',
    meaning: 'budget tag; `""` when there is none',
    read: (b) => b.request.campaign ?? '',
    absent: Absent.emptyText,
  },
  {
    path: 'request.priority',
    type: 'dyn',
    meaning: '`"urgent"`, `"normal"`, `"background"`, or a number from 0 (most urgent) to 1000',
    read: (b) => b.request.priority,
  },
  {
    path: 'request.justification',
    type: 'string',
    meaning: 'why the agent asks; `""` when it does not say',
    read: (b) => b.request.justification ?? '',
    absent: Absent.emptyText,
  },
  {
    path: 'request.deadline',
    type: 'google.protobuf.Timestamp',
    meaning:
      'by when the call has to have started; to read an absent one is an error: ask `has(request.deadline)` first',
    read: (b) => (b.request.deadlineMs === undefined ? undefined : timestampOf(b.request.deadlineMs)),
    absent: Absent.error,
  },
  {
    path: 'env',
    type: 'map<string, dyn>',
    meaning: 'facts of the environment (`environment:` of a governance file); an unset one reads as `false`',
    read: (b) => b.env,
    absent: Absent.false,
  },
  ...SITUATION_FIELDS,
];

/** Most parts of a field's path. */
export const MAX_PATH_PARTS = Math.max(...FIELDS.map((field) => field.path.split('.').length));

const BY_PATH: ReadonlyMap<string, Field> = new Map(FIELDS.map((field) => [field.path, field]));

/** The field at exactly this path. */
export function fieldAt(path: string): Field | undefined {
  return BY_PATH.get(path);
}

/** Names that can follow `path` among some fields: of `""` the roots, of `tool` what it has. */
export function namesUnder(path: string, fields: readonly Field[]): readonly string[] {
  const prefix = path === '' ? '' : `${path}.`;
  const below = fields.filter((field) => field.path.startsWith(prefix));
  return [...new Set(below.map((field) => field.path.slice(prefix.length).split('.', 1)[0] as string))];
}
