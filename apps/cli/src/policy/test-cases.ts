/** `writ policy test`: requests with the decision that their author expects, and which rules no case ever matched. */
import type { Catalog } from '@writ/catalog';
import { environmentSpec } from '@writ/contracts';
import { Trial } from '@writ/policy';
import type { Decision } from '@writ/policy';
import { z } from 'zod';
import { table } from '../table.ts';
import type { Paint } from '../terminal.ts';
import { asked, readWritten, writtenCall } from './written-call.ts';

/** One call, or several in order, which limits and history then count together. */
const testCase = z.strictObject({
  name: z.string(),
  request: writtenCall,
  /** How often the request is made; the last decision is looked at. */
  times: z.number().int().min(1).max(10_000).default(1),
  /** Instead of the folder's values. */
  environment: environmentSpec.optional(),
  expect: z.strictObject({
    verdict: z.enum(['allow', 'deny', 'require-approval', 'rejected']),
    /** The rule that denies, or one that matches. */
    rule: z.string().optional(),
  }),
});

export const caseFile = z.strictObject({ cases: z.array(testCase).min(1) });
export type TestCase = z.infer<typeof testCase>;

export interface CaseResult {
  readonly name: string;
  readonly passed: boolean;
  readonly expected: string;
  readonly got: string;
}

export interface TestRun {
  readonly cases: readonly CaseResult[];
  readonly covered: number;
  /** Rules that matched in no case. */
  readonly uncovered: readonly string[];
}

export async function runCaseFile(catalog: Catalog, path: string, now: number): Promise<TestRun> {
  const { cases } = await readWritten(path, caseFile);
  return runCases(catalog, cases, now);
}

export function runCases(catalog: Catalog, cases: readonly TestCase[], now: number): TestRun {
  const matched = new Set<string>();
  const results = cases.map((one) => runCase(catalog, one, now, matched));
  const uncovered = catalog.policies.map(({ name }) => name).filter((name) => !matched.has(name));
  return { cases: results, covered: catalog.policies.length - uncovered.length, uncovered };
}

function runCase(catalog: Catalog, one: TestCase, now: number, matched: Set<string>): CaseResult {
  const { tools, policies, budgets } = catalog;
  const environment = { ...catalog.environment, ...one.environment };
  const trial = new Trial({ tools: tools.values(), policies, budgets: budgets.values(), environment });
  const at = one.request.time === undefined ? now : Date.parse(one.request.time);
  let decision = trial.decide(asked('case-1', one.request), at);
  for (let time = 2; time <= one.times && decision.decided; time++) {
    trial.remember(decision.decided, at);
    decision = trial.decide(asked(`case-${time}`, one.request), at);
  }
  const rules = decision.decided?.rules.map(({ policy }) => policy) ?? [];
  for (const rule of rules) matched.add(rule);
  const { verdict, rule } = one.expect;
  const named = [...rules, decision.decided?.denial?.rule];
  const passed = verdictOf(decision) === verdict && (rule === undefined || named.includes(rule));
  return {
    name: one.name,
    passed,
    expected: rule === undefined ? verdict : `${verdict} by ${rule}`,
    got: gotText(decision),
  };
}

function verdictOf({ decided }: Decision): string {
  return decided?.verdict ?? 'rejected';
}

function gotText(decision: Decision): string {
  const { decided, invalid } = decision;
  if (!decided) return `rejected: ${invalid}`;
  const by = decided.denial?.rule ?? decided.rules.map(({ policy }) => policy).join(', ');
  return by === '' ? decided.verdict : `${decided.verdict} by ${by}`;
}

export function testRunText({ cases, covered, uncovered }: TestRun, paint: Paint): string {
  const rows = cases.map(({ name, passed, expected, got }) => [
    passed ? paint('green', 'pass') : paint('red', 'FAIL'),
    name,
    expected,
    passed ? '' : got,
  ]);
  const failed = cases.filter(({ passed }) => !passed).length;
  const rules = covered + uncovered.length;
  const rest = uncovered.length === 0 ? '' : `; no case matches ${uncovered.join(', ')}`;
  return [
    table(['', 'case', 'expected', 'got'], rows, paint),
    `${cases.length - failed} of ${cases.length} cases pass, ${covered} of ${rules} rules are covered${rest}`,
  ].join('\n');
}
