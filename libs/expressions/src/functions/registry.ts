/**
 * The functions of the language in one table. Each is found by the name that a call uses (`size`, `math.abs`,
 * or a method's name) and looks at its arguments itself, since one name has many overloads. What the type
 * checker does not know of itself, the table declares to it.
 */
import { Fault } from '../fault.ts';
import type { Site } from '../fault.ts';
import { aKind } from '../values/kind.ts';

/** Called with the site first; a method's receiver is its first argument. */
export type Callable = (site: Site, ...args: unknown[]) => unknown;

export interface FunctionSpec {
  readonly call: Callable;
  /** Least and most arguments, a method's receiver included. */
  readonly arity: readonly [least: number, most: number];
  /** What is wrong with arguments that are literals (the others are `undefined`), known when it is loaded. */
  readonly problemOf?: (...literals: readonly unknown[]) => string | undefined;
  /** Signatures for the type checker where the library has none: `string.reverse(): string`. */
  readonly signatures?: readonly string[];
}

/** The fault of arguments that no overload takes. */
export function noOverload(name: string, site: Site, args: readonly unknown[]): Fault {
  return new Fault(`${name}() does not take ${args.map(aKind).join(' and ') || 'nothing'}`, site);
}
