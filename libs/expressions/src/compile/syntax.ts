/**
 * The syntax tree as the parser of `@marcbachmann/cel-js` gives it, and the three ways to run it: an
 * expression becomes a closure (`Run`) made of the closures of its parts.
 */
import type { Absent, Bindings } from '../field.ts';
import type { Site } from '../fault.ts';

/** One evaluation of a part. In general CEL mode the input holds the variables by name. */
export type Run = (input: Bindings) => unknown;

/** What the type checker found out about a part. `name` is `int`, `list<string>`, `Usd`, ... */
export interface StaticType {
  readonly kind: string;
  readonly name: string;
}

export type BinarySign =
  '==' | '!=' | '<' | '<=' | '>' | '>=' | '+' | '-' | '*' | '/' | '%' | 'in' | '&&' | '||';

type Pair = readonly [Node, Node];

/** What a node of each operator is made of. */
type ArgsByOperator = { readonly [K in BinarySign | '[]' | '[?]']: Pair } & {
  readonly value: unknown;
  readonly id: string;
  readonly '.': readonly [Node, string];
  readonly '.?': readonly [Node, string];
  readonly call: readonly [string, readonly Node[]];
  readonly rcall: readonly [string, Node, readonly Node[]];
  readonly list: readonly Node[];
  readonly map: readonly Pair[];
  readonly '?:': readonly [Node, Node, Node];
  readonly '!_': Node;
  readonly '-_': Node;
};

type Operator =
  | BinarySign
  | ('[]' | '[?]' | 'value' | 'id' | '.' | '.?' | 'call' | 'rcall' | 'list' | 'map' | '?:' | '!_' | '-_');

interface SyntaxNode<Op extends Operator> {
  readonly op: Op;
  readonly args: ArgsByOperator[Op];
  readonly start: number;
  readonly end: number;
  /** Only after the type check. */
  readonly checkedType?: StaticType;
}

/** A node of one operator, or of one of several. */
export type NodeOf<Op extends Operator> = { [K in Op]: SyntaxNode<K> }[Op];

export type Node = NodeOf<Operator>;

/**
 * A variable of a macro: its value while the macro's body runs. One cell for each, since evaluations never
 * overlap.
 */
export interface Cell {
  value: unknown;
}

/** The variables of the macros around a part, innermost first. */
export interface Scope {
  readonly name: string;
  readonly cell: Cell;
  readonly outer: Scope | undefined;
}

/** A name that the environment knows: how it is read, and how many dotted parts of the path it stands for. */
export interface Resolved {
  readonly read: Run;
  readonly parts: number;
  readonly path: string;
  /** The dimension whose millionths `read` gives, when it is a quantity. */
  readonly dimension?: string;
  readonly absent?: Absent;
  /** The words that it can be, when they are a closed set; in comparisons their case does not matter. */
  readonly oneOf?: readonly string[];
}

/** Everything that the compilation of one expression shares. */
export interface Compilation {
  /** Whether integers and doubles may be mixed in arithmetic (Writ's typed environment). */
  readonly lenient: boolean;
  /** The longest known beginning of a dotted path. */
  resolve(path: readonly string[]): Resolved | undefined;
  site(node: Node): Site;
  compile(node: Node, scope: Scope | undefined): Run;
  /** Refuses the expression because of this part. */
  refuse(node: Node, message: string): never;
  /** A name or function that is not known: refused, but in plain CEL, which may never come to it, a fault. */
  unknown(node: Node, message: string): Run;
}

/** The cell of a macro's variable, if `name` is one here. */
export function cellOf(name: string, scope: Scope | undefined): Cell | undefined {
  for (let at = scope; at; at = at.outer) if (at.name === name) return at.cell;
  return undefined;
}

/** `[a, b, c]` for the path `a.b.c`; `undefined` when it does not begin with a plain name. */
export function dottedPath(node: Node): string[] | undefined {
  if (node.op === 'id') return [node.args];
  if (node.op !== '.') return undefined;
  const path = dottedPath(node.args[0]);
  path?.push(node.args[1]);
  return path;
}
