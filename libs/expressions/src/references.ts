/** The paths that an expression reads, found in its syntax tree: what a decision may depend on. */
import { fieldName, ROOT_PREFIX } from './source/rewrite.ts';
import type { Node, NodeOf } from './compile/syntax.ts';

/** Every path from a known name, as far as its fields are plain: `args.a.b[0]` gives `args.a.b`. */
export function referencesOf(root: Node, known: (path: readonly string[]) => boolean): ReadonlySet<string> {
  const found = new Set<string>();
  visit(root, new Set());
  return found;

  function visit(node: Node, shadowed: ReadonlySet<string>): void {
    const path = plainPath(node);
    if (path && !shadowed.has(path[0] as string) && known(path)) {
      found.add(path.join('.'));
      return;
    }
    const bound = node.op === 'rcall' ? boundNames(node) : [];
    const inner = bound.length === 0 ? shadowed : new Set([...shadowed, ...bound]);
    for (const part of partsOf(node))
      visit(part, node.op === 'rcall' && part === node.args[1] ? shadowed : inner);
  }
}

/** The variables that a macro call binds: its leading plain names. */
function boundNames(node: NodeOf<'rcall'>): string[] {
  const args = node.args[2];
  const names = args.slice(0, Math.min(2, args.length - 1));
  return names.flatMap((arg) => (arg.op === 'id' ? [arg.args] : []));
}

/** `[args, path]` for `args.path` and `args["path"]`. */
export function plainPath(node: Node): string[] | undefined {
  if (node.op === 'id')
    return [node.args.startsWith(ROOT_PREFIX) ? node.args.slice(ROOT_PREFIX.length) : node.args];
  if (node.op === '.' || node.op === '.?') return extended(node.args[0], fieldName(node.args[1]));
  if (node.op !== '[]' && node.op !== '[?]') return undefined;
  const key = node.args[1];
  return key.op === 'value' && typeof key.args === 'string' ? extended(node.args[0], key.args) : undefined;
}

function extended(base: Node, name: string): string[] | undefined {
  const path = plainPath(base);
  path?.push(name);
  return path;
}

/** The parts right under a node. */
export function partsOf(node: Node): readonly Node[] {
  switch (node.op) {
    case 'value':
    case 'id':
      return [];
    case '.':
    case '.?':
      return [node.args[0]];
    case 'call':
      return node.args[1];
    case 'rcall':
      return [node.args[1], ...node.args[2]];
    case 'map':
      return node.args.flat();
    case '!_':
    case '-_':
      return [node.args];
    default:
      return node.args;
  }
}
