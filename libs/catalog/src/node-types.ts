/** Types of workflow nodes, held against what they begin with: a type may add to a promise, never take from it. */
import { nodeTypeProblems } from '@writ/workflow';
import { placeOf } from './document.ts';
import type { Entries } from './governance.ts';
import { problemAt } from './problem.ts';
import type { Problem } from './problem.ts';

export function looseNodeTypes({ nodeTypes }: Entries): Problem[] {
  const all = new Map(nodeTypes.map(({ value }) => [value.name, value]));
  return nodeTypes.flatMap(({ value, yaml, path }) =>
    nodeTypeProblems(value, all).map((message) => {
      const { offset, length } = placeOf(yaml, [...path, 'name']);
      return problemAt(yaml.file, offset, length, message);
    }),
  );
}
