/**
 * A regular expression as a small machine (Thompson, 1968): states that accept one character each, run side by side.
 * Its time is bounded by the length of the text times the number of states; there is no backtracking.
 */
import { Fault } from '../../fault.ts';
import { MAX_REGEX_STATES } from '../../limits.ts';
import { countSteps } from '../../steps.ts';
import { PERL_CLASSES, accepts } from './char-set.ts';
import type { CharSet } from './char-set.ts';
import { parsePattern } from './syntax.ts';
import type { Assertion, Pattern } from './syntax.ts';

type State =
  | { readonly kind: 'set'; readonly set: CharSet; readonly next: number }
  | { readonly kind: 'assertion'; readonly assertion: Assertion; readonly next: number }
  | { readonly kind: 'fork'; readonly next: number[] }
  | { readonly kind: 'match' };

export interface Program {
  readonly states: readonly State[];
  readonly start: number;
}

/** How many steps of an evaluation one visit of a state costs, as a fraction. */
const VISITS_PER_STEP = 32;

/** Compiles a pattern; a `Fault` says what is wrong with it. */
export function compilePattern(source: string): Program {
  const states: State[] = [{ kind: 'match' }];
  const add = (state: State): number => {
    if (states.length >= MAX_REGEX_STATES)
      throw new Fault(`the regular expression needs more than ${MAX_REGEX_STATES} states`);
    return states.push(state) - 1;
  };
  /** The entry of a machine for `pattern` that goes on to `next`. */
  const build = (pattern: Pattern, next: number): number => {
    switch (pattern.kind) {
      case 'empty':
        return next;
      case 'set':
        return add({ kind: 'set', set: pattern.set, next });
      case 'assertion':
        return add({ kind: 'assertion', assertion: pattern.assertion, next });
      case 'sequence':
        return pattern.parts.reduceRight((after, part) => build(part, after), next);
      case 'choice':
        return add({ kind: 'fork', next: pattern.parts.map((part) => build(part, next)) });
      case 'repeat':
        return repeat(pattern.part, pattern.least, pattern.most, next);
    }
  };
  const repeat = (part: Pattern, least: number, most: number, next: number): number => {
    let entry = next;
    if (most === Number.POSITIVE_INFINITY) {
      const loop: State = { kind: 'fork', next: [] };
      entry = add(loop);
      loop.next.push(build(part, entry), next);
    } else {
      for (let count = least; count < most; count++)
        entry = add({ kind: 'fork', next: [build(part, entry), next] });
    }
    for (let count = 0; count < least; count++) entry = build(part, entry);
    return entry;
  };
  const start = build(parsePattern(source), 0);
  return { states, start };
}

/** Whether a program matches anywhere in a text. */
export function matchesAnywhere(program: Program, text: string): boolean {
  const { states, start } = program;
  let current = new StateSet(states.length);
  let following = new StateSet(states.length);
  for (let at = 0; ;) {
    const code = text.codePointAt(at);
    if (follow(states, start, current, text, at)) return true;
    countSteps((1 + current.size) / VISITS_PER_STEP);
    if (code === undefined) return false;
    const next = at + (code > 0xffff ? 2 : 1);
    for (let index = 0; index < current.size; index++) {
      const state = states[current.at(index)] as State;
      if (state.kind !== 'set' || !accepts(state.set, code)) continue;
      if (follow(states, state.next, following, text, next)) return true;
    }
    [current, following] = [following, current];
    following.clear();
    at = next;
  }
}

/** Adds a state and all that is reached from it without a character; true when the match is among them. */
function follow(states: readonly State[], first: number, into: StateSet, text: string, at: number): boolean {
  const waiting = [first];
  for (let index = waiting.pop(); index !== undefined; index = waiting.pop()) {
    if (!into.add(index)) continue;
    const state = states[index] as State;
    if (state.kind === 'match') return true;
    if (state.kind === 'fork') waiting.push(...state.next);
    else if (state.kind === 'assertion' && holds(state.assertion, text, at)) waiting.push(state.next);
  }
  return false;
}

function holds(assertion: Assertion, text: string, at: number): boolean {
  switch (assertion) {
    case 'text-start':
      return at === 0;
    case 'text-end':
      return at === text.length;
    case 'line-start':
      return at === 0 || text[at - 1] === '\n';
    case 'line-end':
      return at === text.length || text[at] === '\n';
    case 'word':
    case 'not-word':
      return (isWord(text.charCodeAt(at - 1)) !== isWord(text.charCodeAt(at))) === (assertion === 'word');
  }
}

function isWord(code: number): boolean {
  return (PERL_CLASSES['w'] as CharSet['ranges']).some(([low, high]) => code >= low && code <= high);
}

/** A set of small numbers that keeps their order and is emptied at once (Briggs and Torczon, 1993). */
class StateSet {
  readonly #dense: Uint32Array;
  readonly #sparse: Uint32Array;
  size = 0;

  constructor(capacity: number) {
    this.#dense = new Uint32Array(capacity);
    this.#sparse = new Uint32Array(capacity);
  }

  /** False when it was there already. */
  add(value: number): boolean {
    const place = this.#sparse[value] as number;
    if (place < this.size && this.#dense[place] === value) return false;
    this.#dense[this.size] = value;
    this.#sparse[value] = this.size++;
    return true;
  }

  at(index: number): number {
    return this.#dense[index] as number;
  }

  clear(): void {
    this.size = 0;
  }
}
