/** The checker's types in words that an author of conditions knows. */
import { dimensionOfType } from './compile/quantities.ts';
import type { StaticType } from './compile/syntax.ts';

const WORDS: Readonly<Record<string, string>> = {
  bool: 'true or false',
  int: 'a whole number',
  uint: 'an unsigned whole number',
  double: 'a number',
  string: 'text',
  bytes: 'bytes',
  null: 'null',
  dyn: 'a value of any type',
  'google.protobuf.Duration': 'a span of time',
  'google.protobuf.Timestamp': 'a point in time',
  type: 'a type',
};

/** How the checker's names of what only has fields begin; then follows the path. */
const PARENT_PREFIX = 'Fields_of_';

/** The checker's type of `tool`, `history.agent`, ... */
export function parentType(path: string): string {
  return PARENT_PREFIX + path.replaceAll('.', '__');
}

/** `text`, `a quantity in USD`, `a list`. */
export function typeName(type: StaticType | undefined): string {
  if (!type) return 'a value';
  const dimension = dimensionOfType(type.name);
  if (dimension !== undefined) return `in ${dimension}`;
  if (type.name.startsWith(PARENT_PREFIX))
    return `the ${type.name.slice(PARENT_PREFIX.length).replaceAll('__', ' ')} as a whole`;
  if (type.kind === 'list' || type.kind === 'map') return `a ${type.kind}`;
  return Object.hasOwn(WORDS, type.name) ? (WORDS[type.name] as string) : type.name;
}
