/** The public conformance cases of CEL (`@bufbuild/cel-spec`), with their values turned into ours. */
import { tests } from '@bufbuild/cel-spec/testdata/conformance.js';
import { CelMap } from '../values/cel-map.ts';
import { CelType } from '../values/cel-type.ts';
import { parseDuration } from '../functions/time-text.ts';
import { Uint } from '../values/uint.ts';

/**
 * The suites that our language answers to. What is left of the data is about protobuf messages and static
 * types.
 */
export const SUITES = [
  'basic',
  'bindings_ext',
  'comparisons',
  'conversions',
  'encoders_ext',
  'fields',
  'fp_math',
  'integer_math',
  'lists',
  'logic',
  'macros',
  'macros2',
  'math_ext',
  'namespace',
  'optionals',
  'parse',
  'plumbing',
  'string',
  'string_ext',
  'timestamps',
] as const;

export interface ConformanceCase {
  readonly suite: string;
  readonly name: string;
  readonly source: string;
  readonly container: string;
  readonly variables: ReadonlyMap<string, unknown>;
  /** The value, or that it has to fail. */
  readonly expected: { readonly value: unknown } | 'error';
}

export interface ConformanceSuite {
  readonly name: string;
  readonly cases: readonly ConformanceCase[];
  /** Cases left out because they need protobuf messages. */
  readonly leftOut: number;
}

/** A case as the package stores it: protobuf JSON. */
interface StoredCase {
  readonly name: string;
  readonly expr: string;
  readonly container?: string;
  readonly value?: StoredValue;
  readonly evalError?: unknown;
  readonly bindings?: Readonly<Record<string, { readonly value: StoredValue }>>;
  readonly typeEnv?: readonly unknown[];
  readonly checkOnly?: boolean;
}

type StoredValue = Readonly<Record<string, unknown>>;

interface StoredSuite {
  readonly name: string;
  readonly suites?: readonly StoredSuite[];
  readonly tests?: readonly { readonly original: StoredCase }[];
}

/** All suites of `SUITES`, in that order. */
export function conformanceSuites(): readonly ConformanceSuite[] {
  const stored = (tests as unknown as StoredSuite).suites ?? [];
  return SUITES.map((name) => {
    const all = casesOf(stored.find((suite) => suite.name === name));
    const ours = all.filter((one) => !needsMessages(one) && one.checkOnly !== true);
    return { name, cases: ours.map((one) => toCase(name, one)), leftOut: all.length - ours.length };
  });
}

function casesOf(suite: StoredSuite | undefined): readonly StoredCase[] {
  if (!suite) return [];
  return [...(suite.tests ?? []).map((test) => test.original), ...(suite.suites ?? []).flatMap(casesOf)];
}

/**
 * Message literals, and variables or results that are messages (a duration and a timestamp are values of
 * CEL).
 */
function needsMessages(one: StoredCase): boolean {
  const literal = /\b(Nested)?TestAllTypes\b|google\s*\.\s*protobuf\s*\.\s*\w+\s*\{/.test(one.expr);
  const stored = JSON.stringify([one.value, one.bindings, one.typeEnv]);
  const types = [...stored.matchAll(/"(?:type\.googleapis\.com\/|messageType":")([\w.]+)"/g)].map(
    (match) => match[1],
  );
  return literal || types.some((type) => !/^google\.protobuf\.(Duration|Timestamp)$/.test(type ?? ''));
}

function toCase(suite: string, one: StoredCase): ConformanceCase {
  const bindings = Object.entries(one.bindings ?? {});
  return {
    suite,
    name: one.name,
    source: one.expr,
    container: one.container ?? '',
    variables: new Map(bindings.map(([name, bound]) => [name, toValue(bound.value)])),
    expected: one.evalError === undefined ? { value: one.value ? toValue(one.value) : true } : 'error',
  };
}

/** A value of the data as a value of our language. */
function toValue(stored: StoredValue): unknown {
  const [[kind, value] = ['', undefined]] = Object.entries(stored);
  switch (kind) {
    case 'int64Value':
      return BigInt(value as string);
    case 'uint64Value':
      return new Uint(BigInt(value as string));
    case 'doubleValue':
      return Number(value);
    case 'bytesValue':
      return Uint8Array.from(atob(value as string), (character) => character.charCodeAt(0));
    case 'typeValue':
      return new CelType(value as string);
    case 'listValue':
      return ((value as { values?: readonly StoredValue[] }).values ?? []).map(toValue);
    case 'mapValue':
      return toMap((value as { entries?: readonly StoredEntry[] }).entries ?? []);
    case 'objectValue':
      return parseDuration((value as { value: string }).value);
    default:
      return value;
  }
}

interface StoredEntry {
  readonly key: StoredValue;
  readonly value: StoredValue;
}

function toMap(entries: readonly StoredEntry[]): CelMap {
  const map = new CelMap();
  for (const entry of entries) map.add(toValue(entry.key), toValue(entry.value));
  return map;
}
