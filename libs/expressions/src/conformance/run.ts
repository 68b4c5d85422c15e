/** Runs the conformance cases through our language and says where it differs. */
import { messageOf } from '@writ/contracts';
import { evaluateCel } from '../cel.ts';
import { ExpressionError } from '../expression-error.ts';
import { Fault } from '../fault.ts';
import { equal } from '../operators/equality.ts';
import { kindOf } from '../values/kind.ts';
import { conformanceSuites } from './cases.ts';
import type { ConformanceCase } from './cases.ts';

export interface Difference {
  readonly suite: string;
  readonly name: string;
  readonly source: string;
  readonly expected: string;
  readonly got: string;
}

export interface SuiteResult {
  readonly name: string;
  readonly passed: number;
  readonly total: number;
  readonly leftOut: number;
  readonly differences: readonly Difference[];
}

/** The result of every suite. */
export function runConformance(): readonly SuiteResult[] {
  return conformanceSuites().map(({ name, cases, leftOut }) => {
    const differences = cases.flatMap((one) => differenceOf(one) ?? []);
    return { name, passed: cases.length - differences.length, total: cases.length, leftOut, differences };
  });
}

function differenceOf(one: ConformanceCase): Difference | undefined {
  const { suite, name, source, expected } = one;
  const wanted = expected === 'error' ? 'an error' : shown(expected.value);
  let value: unknown;
  try {
    value = evaluateCel(source, one.variables, one.container);
  } catch (thrown) {
    // Only the errors of the language count: a crash is never what the specification asks for.
    const failed = thrown instanceof Fault || thrown instanceof ExpressionError;
    if (failed && expected === 'error') return undefined;
    const got = failed ? thrown.message : `a crash: ${messageOf(thrown)}`;
    return { suite, name, source, expected: wanted, got };
  }
  if (expected !== 'error' && identical(value, expected.value)) return undefined;
  return { suite, name, source, expected: wanted, got: shown(value) };
}

/** Equal and of one kind; NaN is itself here, and -0 is not 0. */
function identical(a: unknown, b: unknown): boolean {
  return Object.is(a, b) || (kindOf(a) === kindOf(b) && typeof a !== 'number' && equal(a, b));
}

function shown(value: unknown): string {
  const text = JSON.stringify(value, (_key, part: unknown) => (typeof part === 'bigint' ? `${part}n` : part));
  return `${kindOf(value)} ${text}`;
}
