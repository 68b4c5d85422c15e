/**
 * `&&`, `||`, `!` and `? :`. The two connectives are commutative about faults, as CEL has it: what one side
 * decides stands, whatever the other side is.
 */
import { Fault } from '../fault.ts';
import type { Site } from '../fault.ts';
import { aKind } from '../values/kind.ts';
import type { Compilation, NodeOf, Run, Scope } from './syntax.ts';

export function compileLogic(
  compilation: Compilation,
  node: NodeOf<'&&' | '||'>,
  scope: Scope | undefined,
): Run {
  const [leftNode, rightNode] = node.args;
  const left = compilation.compile(leftNode, scope);
  const right = compilation.compile(rightNode, scope);
  const leftSite = compilation.site(leftNode);
  const rightSite = compilation.site(rightNode);
  return node.op === '&&' ? and(left, right, leftSite, rightSite) : or(left, right, leftSite, rightSite);
}

function and(left: Run, right: Run, leftSite: Site, rightSite: Site): Run {
  return (input) => {
    let value: unknown;
    try {
      value = left(input);
    } catch (fault) {
      return otherDecides(false, right, input, fault);
    }
    if (value === false) return false;
    if (value !== true) return otherDecides(false, right, input, notBoolean(value, leftSite));
    const other = right(input);
    if (typeof other === 'boolean') return other;
    throw notBoolean(other, rightSite);
  };
}

function or(left: Run, right: Run, leftSite: Site, rightSite: Site): Run {
  return (input) => {
    let value: unknown;
    try {
      value = left(input);
    } catch (fault) {
      return otherDecides(true, right, input, fault);
    }
    if (value === true) return true;
    if (value !== false) return otherDecides(true, right, input, notBoolean(value, leftSite));
    const other = right(input);
    if (typeof other === 'boolean') return other;
    throw notBoolean(other, rightSite);
  };
}

/** The left side is at fault: the whole is what the right side decides alone, else that fault. */
function otherDecides(deciding: boolean, right: Run, input: Parameters<Run>[0], fault: unknown): boolean {
  if (right(input) === deciding) return deciding;
  throw fault;
}

export function compileNot(compilation: Compilation, node: NodeOf<'!_'>, scope: Scope | undefined): Run {
  const operand = compilation.compile(node.args, scope);
  const site = compilation.site(node.args);
  return (input) => {
    const value = operand(input);
    if (typeof value === 'boolean') return !value;
    throw notBoolean(value, site);
  };
}

export function compileConditional(
  compilation: Compilation,
  node: NodeOf<'?:'>,
  scope: Scope | undefined,
): Run {
  const [conditionNode, yesNode, noNode] = node.args;
  const condition = compilation.compile(conditionNode, scope);
  const yes = compilation.compile(yesNode, scope);
  const no = compilation.compile(noNode, scope);
  const site = compilation.site(conditionNode);
  return (input) => {
    const value = condition(input);
    if (value === true) return yes(input);
    if (value === false) return no(input);
    throw notBoolean(value, site);
  };
}

/** The fault of a value that stands where true or false has to. */
export function notBoolean(value: unknown, site: Site): Fault {
  return new Fault(`${site.text} is ${aKind(value)}, not true or false`, site);
}
