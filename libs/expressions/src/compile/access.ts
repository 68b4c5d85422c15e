/**
 * Names, fields and indexes: `tool.cost`, `args.files[0]`, `env["region"]`, their optional forms, and
 * `has()`. Only own entries of a JSON object count, so no argument reaches a prototype.
 */
import { Absent } from '../field.ts';
import { Fault } from '../fault.ts';
import type { Site } from '../fault.ts';
import { fieldName, ROOT_PREFIX } from '../source/rewrite.ts';
import type { Dimension } from '../units.ts';
import { isKey, mapGet } from '../values/cel-map.ts';
import type { AnyMap } from '../values/cel-map.ts';
import { TYPES } from '../values/cel-type.ts';
import { aKind, kindOf } from '../values/kind.ts';
import { Optional } from '../values/optional.ts';
import { Quantity } from '../values/quantity.ts';
import { Uint } from '../values/uint.ts';
import { cellOf, dottedPath } from './syntax.ts';
import type { Compilation, Node, NodeOf, Resolved, Run, Scope } from './syntax.ts';

/** A name, or a path of names: `x`, `tool.cost`, `google.protobuf.Timestamp`. */
export function compilePath(
  compilation: Compilation,
  node: NodeOf<'id' | '.'>,
  scope: Scope | undefined,
): Run {
  const path = dottedPath(node);
  if (path) {
    const rooted = path[0]?.startsWith(ROOT_PREFIX) ?? false;
    if (rooted) path[0] = (path[0] as string).slice(ROOT_PREFIX.length);
    const cell = rooted ? undefined : cellOf(path[0] as string, scope);
    if (cell && path.length === 1) return () => cell.value;
    const resolved = cell ? undefined : compilation.resolve(path);
    if (resolved && resolved.parts === path.length) return boxed(resolved, compilation.site(node));
    const type = (cell ?? resolved) ? undefined : TYPES.get(path.join('.'));
    if (type) return () => type;
    if (node.op === '.' && resolved?.parts === path.length - 1)
      return field(compilation, node, boxed(resolved, compilation.site(node.args[0])), resolved);
  }
  if (node.op === '.') return field(compilation, node, compilation.compile(node.args[0], scope), undefined);
  return compilation.unknown(node, `unknown name "${node.args}"`);
}

/** A quantity is read as a bare `bigint`; outside of the fast paths it needs its dimension. */
function boxed(resolved: Resolved, site: Site): Run {
  const { read, dimension, absent } = resolved;
  if (dimension !== undefined) return (input) => new Quantity(dimension as Dimension, read(input) as bigint);
  if (absent !== Absent.error) return read;
  return (input) => {
    const value = read(input);
    if (value === undefined) throw new Fault(`${site.text} is absent`, site);
    return value;
  };
}

function field(compilation: Compilation, node: NodeOf<'.'>, base: Run, resolved: Resolved | undefined): Run {
  const key = fieldName(node.args[1]);
  const site = compilation.site(node);
  if (resolved?.absent === undefined) return (input) => select(base(input), key, site);
  const { absent } = resolved;
  if (absent === Absent.error) {
    return (input) => {
      const map = base(input) as Readonly<Record<string, unknown>>;
      if (Object.hasOwn(map, key)) return map[key];
      throw new Fault(`${site.text} is absent`, site);
    };
  }
  const fallback = absent === Absent.false ? false : '';
  return (input) => {
    const map = base(input) as Readonly<Record<string, unknown>>;
    return Object.hasOwn(map, key) ? map[key] : fallback;
  };
}

/** A field of any value; through an optional, an optional field. */
function select(value: unknown, key: string, site: Site): unknown {
  if (value instanceof Optional) return selectOptional(value, key, site);
  if (kindOf(value) !== 'map') throw new Fault(`${aKind(value)} has no field "${key}"`, site);
  const found = mapGet(value as AnyMap, key);
  if (found === undefined) throw new Fault(`${site.text} is absent`, site);
  return found;
}

function selectOptional(base: unknown, key: unknown, site: Site): Optional {
  const value = base instanceof Optional ? base.value : base;
  if (value === undefined) return Optional.none;
  if (Array.isArray(value)) {
    const position = listPosition(key);
    if (position === undefined) throw new Fault(`a list is indexed by an int, not by ${aKind(key)}`, site);
    return new Optional(value[position]);
  }
  if (kindOf(value) !== 'map') throw new Fault(`${aKind(value)} has no entries`, site);
  return new Optional(mapGet(value as AnyMap, key));
}

export function compileIndex(compilation: Compilation, node: NodeOf<'[]'>, scope: Scope | undefined): Run {
  const [baseNode, keyNode] = node.args;
  const path = dottedPath(baseNode);
  const resolved = path && !cellOf(path[0] as string, scope) ? compilation.resolve(path) : undefined;
  const absent = resolved && resolved.parts === path?.length ? resolved.absent : undefined;
  const fallback = absent === Absent.false ? false : absent === Absent.emptyText ? '' : undefined;
  const base = compilation.compile(baseNode, scope);
  const key = compilation.compile(keyNode, scope);
  const site = compilation.site(node);
  return (input) => index(base(input), key(input), site, fallback);
}

function index(base: unknown, key: unknown, site: Site, fallback: unknown): unknown {
  if (base instanceof Optional) return selectOptional(base, key, site);
  if (Array.isArray(base)) {
    const position = listPosition(key);
    if (position === undefined) throw new Fault(`a list is indexed by an int, not by ${aKind(key)}`, site);
    const item: unknown = base[position];
    if (item === undefined)
      throw new Fault(`${site.text} is absent: the list has ${base.length} elements`, site);
    return item;
  }
  if (kindOf(base) !== 'map') throw new Fault(`${aKind(base)} cannot be indexed`, site);
  if (!isKey(key)) throw new Fault(`${aKind(key)} is no key of a map`, site);
  const found = mapGet(base as AnyMap, key);
  if (found !== undefined) return found;
  if (fallback !== undefined) return fallback;
  throw new Fault(`${site.text} is absent`, site);
}

/** An index as a number; `undefined` for what is no whole number. */
function listPosition(key: unknown): number | undefined {
  const value = key instanceof Uint ? key.value : key;
  if (typeof value === 'bigint') return Number(value);
  return typeof value === 'number' && Number.isInteger(value) ? value : undefined;
}

/** `a.?b` and `a[?b]`. */
export function compileOptionalAccess(
  compilation: Compilation,
  node: NodeOf<'.?' | '[?]'>,
  scope: Scope | undefined,
): Run {
  const base = compilation.compile(node.args[0], scope);
  const site = compilation.site(node);
  if (node.op === '.?') {
    const name = fieldName(node.args[1]);
    return (input) => selectOptional(base(input), name, site);
  }
  const key = compilation.compile(node.args[1], scope);
  return (input) => selectOptional(base(input), key(input), site);
}

/** `has(a.b)`: whether the field is there. A fault in what it is asked of stays a fault. */
export function compileHas(compilation: Compilation, node: Node, scope: Scope | undefined): Run {
  if (node.op !== '.' && node.op !== '.?')
    return compilation.refuse(node, 'has() asks for a field: has(args.name)');
  const path = dottedPath(node);
  const resolved = path && !cellOf(path[0] as string, scope) ? compilation.resolve(path) : undefined;
  if (resolved && resolved.parts === path?.length) return hasKnownField(resolved);
  const base = compilation.compile(node.args[0], scope);
  const key = fieldName(node.args[1]);
  const site = compilation.site(node);
  return (input) => {
    const outer = base(input);
    const value = outer instanceof Optional ? outer.value : outer;
    if (outer instanceof Optional && value === undefined) return false;
    if (kindOf(value) !== 'map') throw new Fault(`${aKind(value)} has no field "${key}"`, site);
    return mapGet(value as AnyMap, key) !== undefined;
  };
}

/** A field of the environment is always there, unless it is not given or reads as the empty text instead. */
function hasKnownField(resolved: Resolved): Run {
  const { read, absent } = resolved;
  if (absent === Absent.error) return (input) => read(input) !== undefined;
  return absent === Absent.emptyText ? (input) => read(input) !== '' : () => true;
}
