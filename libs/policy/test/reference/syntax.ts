/**
 * A small part of the condition language as plain data, for the differential test: what is generated, how it is written
 * down, and nothing of how Writ evaluates it.
 */

export type Sign = '==' | '!=' | '<' | '<=' | '>' | '>=';

export type Term =
  | { readonly kind: 'path'; readonly path: string }
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'amount'; readonly value: number; readonly unit: 'node-hours' | 'USD' }
  | { readonly kind: 'sum'; readonly sign: '+' | '-' | '*'; readonly path: string; readonly by: number };

export type Condition =
  | { readonly kind: 'constant'; readonly value: boolean }
  | { readonly kind: 'and' | 'or'; readonly left: Condition; readonly right: Condition }
  | { readonly kind: 'not'; readonly inner: Condition }
  | { readonly kind: 'if'; readonly test: Condition; readonly yes: Condition; readonly no: Condition }
  | { readonly kind: 'compare'; readonly sign: Sign; readonly left: Term; readonly right: Term }
  | { readonly kind: 'in'; readonly path: string; readonly values: readonly string[] }
  | { readonly kind: 'has'; readonly path: string }
  | { readonly kind: 'flag'; readonly path: string }
  | { readonly kind: 'starts'; readonly path: string; readonly prefix: string }
  | {
      readonly kind: 'exists';
      readonly path: string;
      readonly sign: '<' | '>' | '==';
      readonly bound: number;
    };

/** The condition as an author would write it; `words` for AND OR NOT, else `&& || !`. */
export function written(condition: Condition, words: boolean): string {
  const inner = (part: Condition): string => written(part, words);
  switch (condition.kind) {
    case 'constant':
      return String(condition.value);
    case 'and':
      return `(${inner(condition.left)} ${words ? 'AND' : '&&'} ${inner(condition.right)})`;
    case 'or':
      return `(${inner(condition.left)} ${words ? 'OR' : '||'} ${inner(condition.right)})`;
    case 'not':
      return `${words ? 'NOT ' : '!'}(${inner(condition.inner)})`;
    case 'if':
      return `(${inner(condition.test)} ? ${inner(condition.yes)} : ${inner(condition.no)})`;
    case 'compare':
      return `${term(condition.left)} ${condition.sign} ${term(condition.right)}`;
    case 'in':
      return `${condition.path} in ${JSON.stringify(condition.values)}`;
    case 'has':
      return `has(${condition.path})`;
    case 'flag':
      return condition.path;
    case 'starts':
      return `${condition.path}.startsWith(${JSON.stringify(condition.prefix)})`;
    case 'exists':
      return `${condition.path}.exists(x, x ${condition.sign} ${condition.bound})`;
  }
}

function term(one: Term): string {
  switch (one.kind) {
    case 'path':
      return one.path;
    case 'number':
      return String(one.value);
    case 'text':
      return JSON.stringify(one.value);
    case 'amount':
      return `${one.value} ${one.unit}`;
    case 'sum':
      return `(${one.path} ${one.sign} ${one.by})`;
  }
}
