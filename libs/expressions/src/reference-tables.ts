/**
 * The names and units of the language as tables for the README, made of what the language itself is made of.
 */
import { FIELDS } from './fields.ts';
import type { Field } from './field.ts';
import { FUNCTIONS, METHODS } from './functions/functions.ts';
import { HISTORY_ROW } from './situation-fields.ts';
import { Dimension, TIME_WORDS, UNIT_WORDS } from './units.ts';

/** Every name that a condition can see. */
export function namesTable(): string {
  const fields = [...FIELDS.filter(({ path }) => !path.startsWith('history.')), HISTORY_ROW];
  const rows = fields.map((field) => `| \`${field.path}\` | ${typeText(field)} | ${field.meaning} |`);
  return ['| name | type | meaning |', '| --- | --- | --- |', ...rows].join('\n');
}

function typeText(field: Pick<Field, 'type'>): string {
  return Object.values<string>(Dimension).includes(field.type)
    ? `quantity in ${field.type}`
    : `\`${field.type.replace('google.protobuf.Timestamp', 'timestamp')}\``;
}

/** Every unit, by what it measures. */
export function unitsTable(): string {
  const words = (dimension: Dimension): string =>
    [...UNIT_WORDS]
      .filter(([, unit]) => unit.dimension === dimension)
      .map(([word]) => `\`${word}\``)
      .join(' ');
  const dimensions = Object.values(Dimension).filter((dimension) => words(dimension) !== '');
  const rows = dimensions.map((dimension) => `| ${dimension} | ${words(dimension)} | |`);
  const time = [...TIME_WORDS.keys()].map((word) => `\`${word}\``).join(' ');
  return [
    '| measures | units | note |',
    '| --- | --- | --- |',
    ...rows,
    `| time | ${time} | a CEL duration: \`30 min == duration("30m")\` |`,
    '| share | `%` | a plain number: `90 %` is 0.9; before a value, `%` is the remainder |',
  ].join('\n');
}

/** Every function and method. */
export function functionsTable(): string {
  const listed = (names: Iterable<string>): string => [...names].map((name) => `\`${name}\``).join(' ');
  const macros = [
    'has',
    'all',
    'exists',
    'exists_one',
    'existsOne',
    'filter',
    'map',
    'transformList',
    'transformMap',
  ];
  const more = ['transformMapEntry', 'cel.bind', 'or', 'orValue', 'optMap', 'optFlatMap'];
  return [
    '| form | names |',
    '| --- | --- |',
    `| \`f(x)\` | ${listed(FUNCTIONS.keys())} |`,
    `| \`x.f()\` | ${listed(METHODS.keys())} |`,
    `| macros | ${listed([...macros, ...more])} |`,
  ].join('\n');
}
