/** `matches`: whether a text holds a match of a regular expression, in linear time. */
import { Fault } from '../fault.ts';
import { compilePattern, matchesAnywhere } from './regex/program.ts';
import type { Program } from './regex/program.ts';
import { noOverload } from './registry.ts';
import type { FunctionSpec } from './registry.ts';

/** Programs that are kept, because nearly all patterns are literals of a few policies. */
const MAX_PROGRAMS = 512;

const programs = new Map<string, Program>();

export const MATCHING: Readonly<Record<string, FunctionSpec>> = {
  matches: {
    arity: [2, 2],
    signatures: ['matches(string, string): bool'],
    call: (site, text, pattern) => {
      if (typeof text !== 'string' || typeof pattern !== 'string')
        throw noOverload('matches', site, [text, pattern]);
      return matchesAnywhere(programOf(pattern), text);
    },
    problemOf: (_text, pattern) => (typeof pattern === 'string' ? problemOf(pattern) : undefined),
  },
};

function programOf(pattern: string): Program {
  const known = programs.get(pattern);
  if (known) return known;
  const program = compilePattern(pattern);
  if (programs.size >= MAX_PROGRAMS) programs.clear();
  programs.set(pattern, program);
  return program;
}

function problemOf(pattern: string): string | undefined {
  try {
    programOf(pattern);
    return undefined;
  } catch (thrown) {
    if (thrown instanceof Fault) return thrown.message;
    throw thrown;
  }
}
