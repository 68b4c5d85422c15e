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
  Tool: 'the tool as a whole',
  Agent: 'the agent as a whole',
  Request: 'the request as a whole',
  type: 'a type',
};

/** `text`, `a quantity in USD`, `a list`. */
export function typeName(type: StaticType | undefined): string {
  if (!type) return 'a value';
  const dimension = dimensionOfType(type.name);
  if (dimension !== undefined) return `in ${dimension}`;
  if (type.kind === 'list' || type.kind === 'map') return `a ${type.kind}`;
  return Object.hasOwn(WORDS, type.name) ? (WORDS[type.name] as string) : type.name;
}
