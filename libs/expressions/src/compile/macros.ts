/**
 * The macros: a body that runs once for every element. The variable lives in a cell that the body's closure
 * reads; every visit counts as a step, so that nested macros cannot run for ever.
 */
import { Fault } from '../fault.ts';
import { countSteps } from '../steps.ts';
import { CelMap, mapGet, mapKeys } from '../values/cel-map.ts';
import type { AnyMap } from '../values/cel-map.ts';
import { aKind, kindOf } from '../values/kind.ts';
import { notBoolean } from './logic.ts';
import type { Cell, Compilation, Node, NodeOf, Run, Scope } from './syntax.ts';

/** A body with the cells that it reads, over the elements of a range. */
interface Loop {
  readonly range: Run;
  /** With one variable: the element, or the key of a map. With two: index and element, or key and value. */
  readonly cells: readonly Cell[];
  readonly inner: Scope;
  readonly rangeNode: Node;
}

type Input = Parameters<Run>[0];

/** The macro behind a method call; `undefined` when it is none. */
export function compileMacro(
  compilation: Compilation,
  node: NodeOf<'rcall'>,
  scope: Scope | undefined,
): Run | undefined {
  const [name, receiver, args] = node.args;
  if (name === 'bind' && receiver.op === 'id' && receiver.args === 'cel')
    return bind(compilation, node, scope);
  const macro = Object.hasOwn(MACROS, name) ? MACROS[name] : undefined;
  const variables = macro?.variables(args.length);
  if (!macro || variables === undefined) return undefined;
  const loop = openLoop(compilation, receiver, args.slice(0, variables), scope);
  return macro.compile(compilation, loop, args.slice(variables));
}

interface Macro {
  /** How many variables a call with so many arguments has; `undefined` when it is no call of this macro. */
  readonly variables: (args: number) => number | undefined;
  readonly compile: (compilation: Compilation, loop: Loop, bodies: readonly Node[]) => Run;
}

/** The transformations of two-variable macros have an optional condition before the body. */
const two = (args: number): number | undefined => (args === 3 || args === 4 ? 2 : undefined);

const oneOrTwo = (args: number): number | undefined => (args === 2 ? 1 : args === 3 ? 2 : undefined);

const MACROS: Readonly<Record<string, Macro>> = {
  all: { variables: oneOrTwo, compile: (...parts) => quantifier(false, ...parts) },
  exists: { variables: oneOrTwo, compile: (...parts) => quantifier(true, ...parts) },
  exists_one: { variables: oneOrTwo, compile: exactlyOne },
  existsOne: { variables: oneOrTwo, compile: exactlyOne },
  filter: { variables: (args) => (args === 2 ? 1 : undefined), compile: filter },
  map: { variables: (args) => (args === 2 || args === 3 ? 1 : undefined), compile: transform },
  transformList: { variables: two, compile: transform },
  transformMap: { variables: two, compile: transformMap },
  transformMapEntry: { variables: two, compile: transformMapEntry },
};

function openLoop(
  compilation: Compilation,
  rangeNode: Node,
  variables: readonly Node[],
  scope: Scope | undefined,
): Loop {
  let inner = scope;
  const cells = variables.map((variable) => {
    if (variable.op !== 'id')
      return compilation.refuse(variable, 'the first argument of a macro is the name of its variable');
    const cell: Cell = { value: undefined };
    inner = { name: variable.args, cell, outer: inner };
    return cell;
  });
  return { range: compilation.compile(rangeNode, scope), cells, inner: inner as Scope, rangeNode };
}

/** Visits the elements until `visit` says stop. */
function each(compilation: Compilation, loop: Loop): (input: Input, visit: () => boolean) => void {
  const { range, cells } = loop;
  const [first, second] = cells as [Cell, Cell | undefined];
  const site = compilation.site(loop.rangeNode);
  return (input, visit) => {
    const value = range(input);
    if (Array.isArray(value)) {
      for (let at = 0; at < value.length; at++) {
        countSteps(1);
        if (second) {
          first.value = BigInt(at);
          second.value = value[at];
        } else first.value = value[at];
        if (!visit()) return;
      }
      return;
    }
    if (kindOf(value) !== 'map')
      throw new Fault(`a macro goes over a list or a map, not over ${aKind(value)}`, site);
    for (const key of mapKeys(value as AnyMap)) {
      countSteps(1);
      first.value = key;
      if (second) second.value = mapGet(value as AnyMap, key);
      if (!visit()) return;
    }
  };
}

/** `all` and `exists`: an element that decides hides the faults of others. */
function quantifier(deciding: boolean, compilation: Compilation, loop: Loop, [body]: readonly Node[]): Run {
  const run = compilation.compile(body as Node, loop.inner);
  const site = compilation.site(body as Node);
  const over = each(compilation, loop);
  return (input) => {
    let decided = false;
    let fault: unknown;
    over(input, () => {
      try {
        const value = run(input);
        if (value === deciding) decided = true;
        else if (typeof value !== 'boolean') fault ??= notBoolean(value, site);
      } catch (thrown) {
        fault ??= thrown;
      }
      return !decided;
    });
    if (decided) return deciding;
    if (fault !== undefined) throw fault;
    return !deciding;
  };
}

function exactlyOne(compilation: Compilation, loop: Loop, [body]: readonly Node[]): Run {
  const holds = condition(compilation, loop, body as Node);
  const over = each(compilation, loop);
  return (input) => {
    let count = 0;
    over(input, () => {
      if (holds(input)) count++;
      return true;
    });
    return count === 1;
  };
}

function filter(compilation: Compilation, loop: Loop, [body]: readonly Node[]): Run {
  const holds = condition(compilation, loop, body as Node);
  const over = each(compilation, loop);
  const [element] = loop.cells as [Cell];
  return (input) => {
    const kept: unknown[] = [];
    over(input, () => {
      if (holds(input)) kept.push(element.value);
      return true;
    });
    return kept;
  };
}

/** `map(x, body)` and `map(x, condition, body)`. */
function transform(compilation: Compilation, loop: Loop, bodies: readonly Node[]): Run {
  const holds = bodies.length === 2 ? condition(compilation, loop, bodies[0] as Node) : () => true;
  const run = compilation.compile(bodies.at(-1) as Node, loop.inner);
  const over = each(compilation, loop);
  return (input) => {
    const made: unknown[] = [];
    over(input, () => {
      if (holds(input)) made.push(run(input));
      return true;
    });
    return made;
  };
}

/** `transformMap(key, value, body)`: the same keys with new values. */
function transformMap(compilation: Compilation, loop: Loop, bodies: readonly Node[]): Run {
  const [key] = loop.cells as [Cell];
  return collect(compilation, loop, bodies, (map, value) => map.add(key.value, value));
}

/** `transformMapEntry(key, value, body)`: the body gives the entries of the new map as maps of their own. */
function transformMapEntry(compilation: Compilation, loop: Loop, bodies: readonly Node[]): Run {
  const site = compilation.site(bodies.at(-1) as Node);
  return collect(compilation, loop, bodies, (map, entries) => {
    if (kindOf(entries) !== 'map')
      throw new Fault(`transformMapEntry() makes maps, not ${aKind(entries)}`, site);
    for (const key of mapKeys(entries as AnyMap)) map.add(key, mapGet(entries as AnyMap, key));
  });
}

function collect(
  compilation: Compilation,
  loop: Loop,
  bodies: readonly Node[],
  add: (map: CelMap, value: unknown) => void,
): Run {
  const holds = bodies.length === 2 ? condition(compilation, loop, bodies[0] as Node) : () => true;
  const run = compilation.compile(bodies.at(-1) as Node, loop.inner);
  const over = each(compilation, loop);
  return (input) => {
    const map = new CelMap();
    over(input, () => {
      if (holds(input)) add(map, run(input));
      return true;
    });
    return map;
  };
}

/** A body that has to be true or false. */
function condition(compilation: Compilation, loop: Loop, body: Node): (input: Input) => boolean {
  const run = compilation.compile(body, loop.inner);
  const site = compilation.site(body);
  return (input) => {
    const value = run(input);
    if (typeof value === 'boolean') return value;
    throw notBoolean(value, site);
  };
}

/** `cel.bind(x, value, body)`. */
function bind(compilation: Compilation, node: NodeOf<'rcall'>, scope: Scope | undefined): Run {
  const [variable, valueNode, body] = node.args[2];
  if (variable?.op !== 'id' || !valueNode || !body)
    return compilation.refuse(node, 'cel.bind() takes a name, a value and a body');
  const cell: Cell = { value: undefined };
  const value = compilation.compile(valueNode, scope);
  const run = compilation.compile(body, { name: variable.args, cell, outer: scope });
  return (input) => {
    cell.value = value(input);
    return run(input);
  };
}
