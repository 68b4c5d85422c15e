/**
 * Resource keys: what a call touches, `vault:{args.path}`. Keys are hierarchical: `a/b` overlaps `a` and `a/b/c`, not
 * `ab`. Whatever is uncertain here (a cut key, an argument written in another way) errs to more overlap, because too
 * much overlap costs time and too little costs correctness.
 */
import type { JsonObject } from '@writ/contracts';
import { MAX_KEY_LENGTH, MAX_KEY_LEVELS } from './limits.ts';

const PLACEHOLDER = /\{args\.([^{}]+)\}/g;

/**
 * The keys that `templates` stand for with these arguments. `undefined` when one cannot be computed (its argument is
 * absent, empty or no scalar): nobody can say then what the call touches.
 */
export function keysFor(templates: readonly string[], inputs: JsonObject): readonly string[] | undefined {
  const keys: string[] = [];
  for (const template of templates) {
    const key = keyFor(template, inputs);
    if (key === undefined) return undefined;
    keys.push(key);
  }
  return keys;
}

/** A set of keys that knows in O(levels) whether another key overlaps one of them. */
export class KeySet {
  readonly #keys = new Set<string>();
  readonly #above = new Set<string>();

  add(key: string): void {
    this.#keys.add(key);
    for (const ancestor of ancestorsOf(key)) this.#above.add(ancestor);
  }

  overlaps(key: string): boolean {
    if (this.#keys.has(key) || this.#above.has(key)) return true;
    return ancestorsOf(key).some((ancestor) => this.#keys.has(ancestor));
  }

  /** The keys in the order in which they were added. */
  list(): string[] {
    return [...this.#keys];
  }
}

function keyFor(template: string, inputs: JsonObject): string | undefined {
  let computed = true;
  const text = template.replace(PLACEHOLDER, (_, path: string) => {
    const value = plainPath(scalarAt(inputs, path));
    computed &&= value !== '';
    return value;
  });
  const key = cut(plainPath(text));
  return computed && key !== '' ? key : undefined;
}

/** The scalar at `a.b.c` as text; empty for anything else. */
function scalarAt(inputs: JsonObject, path: string): string {
  let value: unknown = inputs;
  for (const name of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return '';
    value = (value as Record<string, unknown>)[name];
  }
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? String(value)
    : '';
}

/** `/a//b/./c/../d` -> `a/b/d`, so that one path written in several ways is one key. */
function plainPath(text: string): string {
  if (!text.includes('/') && !text.startsWith('.')) return text;
  const levels: string[] = [];
  for (const level of text.split('/')) {
    if (level === '..') levels.pop();
    else if (level !== '' && level !== '.') levels.push(level);
  }
  return levels.join('/');
}

function cut(key: string): string {
  const short = key.length > MAX_KEY_LENGTH ? key.slice(0, MAX_KEY_LENGTH) : key;
  const levels = short.split('/');
  return levels.length > MAX_KEY_LEVELS ? levels.slice(0, MAX_KEY_LEVELS).join('/') : short;
}

/** The keys above a key, down from the empty one, which is above all. */
export function levelsOf(key: string): string[] {
  return key === '' ? [] : ['', ...ancestorsOf(key)];
}

/** `a/b/c` -> `a`, `a/b`. */
export function ancestorsOf(key: string): string[] {
  const ancestors: string[] = [];
  for (let at = key.indexOf('/'); at >= 0; at = key.indexOf('/', at + 1)) ancestors.push(key.slice(0, at));
  return ancestors;
}
