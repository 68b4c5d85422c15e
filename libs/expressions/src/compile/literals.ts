/**
 * Literals: numbers and text as they are, lists and maps made anew each time unless all of their parts are
 * constant.
 */
import { UnsignedInt } from './library.ts';
import { CelMap } from '../values/cel-map.ts';
import { Fault } from '../fault.ts';
import { aKind } from '../values/kind.ts';
import { Optional } from '../values/optional.ts';
import { MAX_INT, Uint } from '../values/uint.ts';
import { OPTIONAL_ENTRY } from '../source/rewrite.ts';
import type { Compilation, Node, NodeOf, Run, Scope } from './syntax.ts';

export function compileValue(compilation: Compilation, node: NodeOf<'value'>): Run {
  const value = node.args instanceof UnsignedInt ? new Uint(node.args.valueOf()) : node.args;
  if (typeof value === 'bigint' && value > MAX_INT)
    return compilation.refuse(node, `${value} is out of the range of int`);
  return () => value;
}

export function compileList(compilation: Compilation, node: NodeOf<'list'>, scope: Scope | undefined): Run {
  const items = node.args.map((item) => compileEntry(compilation, item, scope));
  if (node.args.every((item) => item.op === 'value')) {
    const list = items.map((item) => item.run(undefined as never));
    return () => list;
  }
  if (!items.some((item) => item.optional)) return (input) => items.map((item) => item.run(input));
  return (input) => {
    const list: unknown[] = [];
    for (const item of items) {
      const value = item.run(input);
      if (!item.optional) list.push(value);
      else if (present(value)) list.push(value.value);
    }
    return list;
  };
}

export function compileMap(compilation: Compilation, node: NodeOf<'map'>, scope: Scope | undefined): Run {
  const entries = node.args.map(([key, value]) => {
    const { run, optional } = compileEntry(compilation, key, scope);
    return { key: run, optional, value: compilation.compile(value, scope) };
  });
  return (input) => {
    const map = new CelMap();
    for (const entry of entries) {
      const key = entry.key(input);
      const value = entry.value(input);
      if (!entry.optional) map.add(key, value);
      else if (present(value)) map.add(key, value.value);
    }
    return map;
  };
}

interface Entry {
  readonly run: Run;
  readonly optional: boolean;
}

/** An element or key; one that was written with `?` is optional. */
function compileEntry(compilation: Compilation, node: Node, scope: Scope | undefined): Entry {
  const optional = node.op === 'call' && node.args[0] === OPTIONAL_ENTRY;
  return { run: compilation.compile(optional ? (node.args[1][0] as Node) : node, scope), optional };
}

function present(value: unknown): value is Optional {
  if (value instanceof Optional) return value.present;
  throw new Fault(`an entry with "?" needs an optional, not ${aKind(value)}`);
}
