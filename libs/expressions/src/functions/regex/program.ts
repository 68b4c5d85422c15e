/**
 * A regular expression as a small machine (Thompson, 1968): states that accept one character each, run side
 * by side. Its time is bounded by the length of the text times the number of states; there is no
 * backtracking.
 */
import { Fault } from '../../fault.ts';
import { MAX_REGEX_STATES } from '../../limits.ts';
import { countSteps } from '../../steps.ts';
import { PERL_CLASSES, accepts } from './char-set.ts';
import type { CharSet } from './char-set.ts';
import { StateSet } from './state-set.ts';
import { parsePattern } from './syntax.ts';
import type { Assertion, Pattern } from './syntax.ts';

type State =
  | { readonly kind: 'set'; readonly set: CharSet; readonly ascii: Uint8Array; readonly next: number }
  | { readonly kind: 'assertion'; readonly assertion: Assertion; readonly next: number }
  | { readonly kind: 'fork'; readonly next: number[] }
  | { readonly kind: 'match' };

/** A compiled pattern. It holds its own working memory, since evaluations never overlap. */
export interface Program {
  readonly states: readonly State[];
  readonly start: number;
  readonly current: StateSet;
  readonly following: StateSet;
  readonly waiting: number[];
}

/** How many visits of a state count as one step of an evaluation. */
const VISITS_PER_STEP = 8;

/** Compiles a pattern; a `Fault` says what is wrong with it. */
export function compilePattern(source: string): Program {
  const states: State[] = [{ kind: 'match' }];
  const add = (state: State): number => {
    if (states.length < MAX_REGEX_STATES) return states.push(state) - 1;
    throw new Fault(`the regular expression needs more than ${MAX_REGEX_STATES} states`);
  };
  /** The entry of a machine for `pattern` that goes on to `next`. */
  const build = (pattern: Pattern, next: number): number => {
    switch (pattern.kind) {
      case 'empty':
        return next;
      case 'set':
        return add({ kind: 'set', set: pattern.set, ascii: asciiOf(pattern.set), next });
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
      const loop: number[] = [];
      entry = add({ kind: 'fork', next: loop });
      loop.push(build(part, entry), next);
    } else {
      for (let count = least; count < most; count++)
        entry = add({ kind: 'fork', next: [build(part, entry), next] });
    }
    for (let count = 0; count < least; count++) entry = build(part, entry);
    return entry;
  };
  const start = build(parsePattern(source), 0);
  return {
    states,
    start,
    current: new StateSet(states.length),
    following: new StateSet(states.length),
    waiting: [],
  };
}

/** Which of the 128 ASCII characters a set accepts, looked up instead of searched for. */
function asciiOf(set: CharSet): Uint8Array {
  return Uint8Array.from({ length: 128 }, (_, code) => (accepts(set, code) ? 1 : 0));
}

/** Whether a program matches anywhere in a text. */
export function matchesAnywhere(program: Program, text: string): boolean {
  const { states, start } = program;
  let { current, following } = program;
  current.clear();
  following.clear();
  for (let at = 0; ;) {
    if (follow(program, start, current, text, at)) return true;
    countSteps((1 + current.size) / VISITS_PER_STEP);
    const code = text.codePointAt(at);
    if (code === undefined) return false;
    const next = at + (code > 0xffff ? 2 : 1);
    for (let index = 0; index < current.size; index++) {
      const state = states[current.at(index)] as State;
      if (state.kind !== 'set') continue;
      if (!(code < 128 ? state.ascii[code] === 1 : accepts(state.set, code))) continue;
      if (follow(program, state.next, following, text, next)) return true;
    }
    [current, following] = [following, current];
    following.clear();
    at = next;
  }
}

/**
 * Adds a state and all that is reached from it without a character; true when the match is among them. A
 * stack, no recursion: a pattern may chain thousands of forks.
 */
function follow(program: Program, first: number, into: StateSet, text: string, at: number): boolean {
  const { states, waiting } = program;
  waiting.length = 0;
  for (let index: number | undefined = first; index !== undefined; index = waiting.pop()) {
    if (!into.add(index)) continue;
    const state = states[index] as State;
    if (state.kind === 'match') return true;
    if (state.kind === 'fork') for (const next of state.next) waiting.push(next);
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
      return isWord(text, at - 1) !== isWord(text, at);
    case 'not-word':
      return isWord(text, at - 1) === isWord(text, at);
  }
}

function isWord(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return (PERL_CLASSES['w'] as CharSet['ranges']).some(([low, high]) => code >= low && code <= high);
}
