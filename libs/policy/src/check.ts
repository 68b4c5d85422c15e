/**
 * What is wrong with policies and tools, found before they are published. The same compilers that the
 * decisions use say it, so what passes here can be evaluated there.
 */
import { Unit, messageOf } from '@writ/contracts';
import type { PolicyRule, ToolSpec } from '@writ/contracts';
import { ExpressionError, compileAmount, compileCondition } from '@writ/expressions';
import { compileInputs } from './input-schema.ts';

/** A place within one field's text: offset and length in characters, line and column counted from 1. */
export interface FieldProblem {
  /** Path of the field in the entry: `condition`, `cost.node-hours`, `inputs`. */
  readonly field: string;
  readonly offset: number;
  readonly length: number;
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

export interface PolicyProblem extends FieldProblem {
  readonly policy: string;
}

export interface ToolProblem extends FieldProblem {
  readonly tool: string;
}

/** Every mistake in the conditions of `rules`, and every name that two of them share, in their order. */
export function checkPolicies(
  rules: readonly Pick<PolicyRule, 'name' | 'condition'>[],
): readonly PolicyProblem[] {
  const names = new Set<string>();
  return rules.flatMap(({ name: policy, condition }) => {
    const problems = problemsOf('condition', () => compileCondition(condition));
    if (names.has(policy)) {
      const message = `two policies are named "${policy}"; decisions name rules, so each needs a name of its own`;
      problems.push(whole('name', message));
    }
    names.add(policy);
    return problems.map((problem) => ({ policy, ...problem }));
  });
}

/** Every mistake in the cost expressions and the JSON Schemas of a tool. */
export function checkTool(
  tool: Pick<ToolSpec, 'name' | 'cost' | 'inputs' | 'outputs'>,
): readonly ToolProblem[] {
  const problems = Object.entries(tool.cost).flatMap(([unit, source]) =>
    unit === Unit.calls
      ? [whole('cost.calls', 'every call counts as one; leave `calls` out')]
      : problemsOf(`cost.${unit}`, () => compileAmount(source, unit)),
  );
  for (const field of ['inputs', 'outputs'] as const) {
    const schema = tool[field];
    if (schema !== undefined) problems.push(...problemsOf(field, () => compileInputs(schema)));
  }
  return problems.map((problem) => ({ tool: tool.name, ...problem }));
}

function problemsOf(field: string, compile: () => unknown): FieldProblem[] {
  try {
    compile();
    return [];
  } catch (error) {
    if (!(error instanceof ExpressionError)) return [whole(field, messageOf(error))];
    const { offset, length, line, column, message } = error;
    return [{ field, offset, length, line, column, message }];
  }
}

function whole(field: string, message: string): FieldProblem {
  return { field, offset: 0, length: 0, line: 1, column: 1, message };
}
