/**
 * The smallest change that would let a denied call pass: one value that the agent chooses (an argument, the cost that
 * follows from them, the request), moved just over the boundary that a rule drew. Each change is tried against all rules,
 * so what is said is true; where no single change helps, nothing is said.
 */
import { PolicyAction, formatMicros } from '@writ/contracts';
import type { Bindings, ComparisonTest } from '@writ/expressions';
import { isEnforced } from './bundle.ts';
import type { Match } from './compiled-rule.ts';

/** A call with one thing changed, and how to say that. */
interface Change {
  readonly sentence: string;
  readonly bindings: Bindings;
}

/** Most changes that are tried for one denial. */
const MAX_TRIES = 16;

/** The sentence of the first change that `passes`. */
export function smallestChange(
  matches: readonly Match[],
  bindings: Bindings,
  passes: (changed: Bindings) => boolean,
): string | undefined {
  const denying = matches.filter(
    (match) => isEnforced(match) && (match.error !== undefined || match.rule.action === PolicyAction.deny),
  );
  const tests = denying.flatMap(
    ({ condition }) => condition?.conjuncts.flatMap(({ test }) => test ?? []) ?? [],
  );
  const changes = tests.slice(0, MAX_TRIES).flatMap((test) => changeFor(test, bindings) ?? []);
  return changes.find((change) => passes(change.bindings))?.sentence;
}

/** What makes this test false. */
function changeFor(test: ComparisonTest, bindings: Bindings): Change | undefined {
  const { path } = test;
  if (path === 'tool.cost' || path === 'tool.price') return cheaper(path, test, bindings);
  if (path === 'request.justification') {
    const request = { ...bindings.request, justification: 'a reason' };
    return { sentence: 'give a "justification"', bindings: { ...bindings, request } };
  }
  const [root, name, ...below] = path.split('.');
  if (root !== 'args' || name === undefined || below.length > 0) return undefined;
  if (test.sign === 'has') {
    const { [name]: _left, ...args } = bindings.args;
    return { sentence: `leave out "${name}"`, bindings: { ...bindings, args } };
  }
  const value = otherValue(test);
  if (value === undefined) return undefined;
  return {
    sentence: `set "${name}" to ${wording(test, value)} (it is ${JSON.stringify(bindings.args[name]) ?? 'absent'})`,
    bindings: { ...bindings, args: { ...bindings.args, [name]: value } },
  };
}

/** The cost follows from the arguments; which of them to change, the agent knows best. */
function cheaper(
  path: 'tool.cost' | 'tool.price',
  { sign, values: [limit] }: ComparisonTest,
  bindings: Bindings,
): Change | undefined {
  if ((sign !== '>' && sign !== '>=') || typeof limit !== 'bigint' || limit <= 0n) return undefined;
  const field = path === 'tool.cost' ? 'cost' : 'price';
  const unit = path === 'tool.cost' ? 'node-hours' : 'USD';
  const amount = sign === '>' ? limit : limit - 1n;
  const bound = sign === '>' ? 'at most' : 'less than';
  return {
    sentence: `ask for ${bound} ${formatMicros(limit)} ${unit} (it is ${formatMicros(bindings.tool[field])} ${unit})`,
    bindings: { ...bindings, tool: { ...bindings.tool, [field]: amount } },
  };
}

/** A value of the same kind for which the test is false, as near as can be. */
function otherValue({ sign, values: [value] }: ComparisonTest): unknown {
  if (typeof value === 'boolean') return sign === '==' ? !value : sign === '!=' ? value : undefined;
  if (sign === '!=') return value;
  if (typeof value !== 'number') return undefined;
  switch (sign) {
    case '>':
    case '<':
      return value;
    case '>=':
      return value - 1;
    case '<=':
      return value + 1;
    default:
      return undefined;
  }
}

function wording({ sign, values: [limit] }: ComparisonTest, value: unknown): string {
  switch (sign) {
    case '>':
      return `at most ${String(limit)}`;
    case '<':
      return `at least ${String(limit)}`;
    case '>=':
      return `less than ${String(limit)}`;
    case '<=':
      return `more than ${String(limit)}`;
    default:
      return JSON.stringify(value);
  }
}
