/** The values that a condition saw, as text for the record of a decision: `tool.cost = 1200 node-hours`. */
import { fieldAt } from './bindings.ts';
import type { Bindings } from './bindings.ts';
import { Dimension } from './units.ts';
import { formatQuantity } from './values/quantity.ts';

export interface Explanation {
  readonly path: string;
  /** As an author would write it; `absent` for what is not there. */
  readonly value: string;
}

/** Longest value in an explanation: it is stored with every decision. */
const MAX_VALUE_LENGTH = 120;

/** The value of each path, in the order in which the condition mentions them. */
export function explainPaths(paths: Iterable<string>, bindings: Bindings): readonly Explanation[] {
  return Array.from(paths, (path) => ({ path, value: valueAt(path, bindings) }));
}

function valueAt(path: string, bindings: Bindings): string {
  const [root = '', second, ...rest] = path.split('.');
  const twoParts = second === undefined ? undefined : fieldAt(`${root}.${second}`);
  const field = twoParts ?? fieldAt(root);
  if (!field) return 'absent';
  const dimension = Object.values(Dimension).find((known) => known === field.type);
  let value = field.read(bindings);
  if (dimension !== undefined) return formatQuantity(dimension, value as bigint);
  const below = twoParts || second === undefined ? rest : [second, ...rest];
  for (const name of below) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return 'absent';
    value = (value as Record<string, unknown>)[name];
  }
  const text = JSON.stringify(value) ?? 'absent';
  return text.length > MAX_VALUE_LENGTH ? `${text.slice(0, MAX_VALUE_LENGTH)}...` : text;
}
