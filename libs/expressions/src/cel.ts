/**
 * General CEL: the same parser, closures and functions as conditions have, without Writ's names and types. It
 * is what the conformance data runs through, so that conditions are known to mean what CEL says.
 */
import { parseSource } from './check.ts';
import { Environment } from './compile/library.ts';
import { compileNode } from './compile/expression.ts';
import type { Resolved, Run } from './compile/syntax.ts';
import { MAX_DEPTH, MAX_NODES } from './limits.ts';
import { startSteps } from './steps.ts';

const DIALECT = {
  environment: new Environment({
    unlistedVariablesAreDyn: true,
    homogeneousAggregateLiterals: false,
    enableOptionalTypes: true,
    limits: { maxAstNodes: MAX_NODES, maxDepth: MAX_DEPTH },
  }),
  names: (): readonly string[] => [],
};

export type Variables = ReadonlyMap<string, unknown>;

/**
 * Evaluates plain CEL. `container` is the namespace whose names may be written short. Throws an
 * `ExpressionError` for what is wrong with the source and a `Fault` for what is wrong with its values.
 */
export function evaluateCel(source: string, variables: Variables, container = ''): unknown {
  const { root, rewritten } = parseSource(source, DIALECT);
  const resolve = (path: readonly string[]): Resolved | undefined =>
    resolveVariable(path, variables, container);
  const run = compileNode(root, { source, rewritten, lenient: false, resolve });
  startSteps();
  return run(undefined as never);
}

/** The longest known beginning of a path, in the innermost namespace that knows one. */
function resolveVariable(
  path: readonly string[],
  variables: Variables,
  container: string,
): Resolved | undefined {
  for (let namespace = container; ; namespace = namespace.slice(0, Math.max(0, namespace.lastIndexOf('.')))) {
    const prefix = namespace === '' ? '' : `${namespace}.`;
    for (let parts = path.length; parts > 0; parts--) {
      const name = prefix + path.slice(0, parts).join('.');
      if (!variables.has(name)) continue;
      const read: Run = () => variables.get(name);
      return { read, parts, path: name };
    }
    if (namespace === '') return undefined;
  }
}
