/**
 * Types as values: what `type(x)` gives and what `int` or `timestamp` stand for where a value is expected.
 */

export class CelType {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

const NAMES = [
  'bool',
  'bytes',
  'double',
  'int',
  'list',
  'map',
  'null_type',
  'string',
  'type',
  'uint',
] as const;
const LONG_NAMES = {
  timestamp: 'google.protobuf.Timestamp',
  duration: 'google.protobuf.Duration',
  optional: 'optional_type',
} as const;

/** Every type by the name that an expression uses for it. */
export const TYPES: ReadonlyMap<string, CelType> = new Map([
  ...NAMES.map((name) => [name, new CelType(name)] as const),
  ...Object.values(LONG_NAMES).map((name) => [name, new CelType(name)] as const),
]);

/** The type of a kind of value (`kindOf`); of a quantity, a type of its own. */
export function typeOfKind(kind: string): CelType {
  const name = Object.hasOwn(LONG_NAMES, kind) ? LONG_NAMES[kind as keyof typeof LONG_NAMES] : kind;
  return TYPES.get(name) ?? new CelType(name);
}
