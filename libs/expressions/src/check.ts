/**
 * From source to a checked syntax tree: rewrite, parse, check types, and say in a sentence what is wrong.
 * Positions are those of the source.
 */
import type { Node } from './compile/syntax.ts';
import type { Environment } from './compile/library.ts';
import { ExpressionError } from './expression-error.ts';
import { MAX_SOURCE_LENGTH } from './limits.ts';
import { problemSentence } from './problems.ts';
import type { LibraryProblem } from './problems.ts';
import { rewrite } from './source/rewrite.ts';
import type { RewrittenText } from './source/position-map.ts';

/** An environment of the library, and its names by the path above them, for suggestions. */
export interface Dialect {
  readonly environment: InstanceType<typeof Environment>;
  readonly names: (path: string) => readonly string[];
}

export interface Checked {
  readonly root: Node;
  readonly rewritten: RewrittenText;
}

/** Parses and type-checks `source`. */
export function checkSource(source: string, dialect: Dialect, ownUnit?: string): Checked {
  const parsed = parseSource(source, dialect, ownUnit);
  const result = withinTheStack(source, () => parsed.check());
  if (!result.valid && result.error instanceof RangeError) throw tooDeep(source);
  if (!result.valid) throw located(source, parsed.rewritten, dialect, result.error);
  return parsed;
}

interface Parsed extends Checked {
  readonly check: () => { valid: boolean; error?: unknown };
}

/** Parses `source` without looking at types. */
export function parseSource(source: string, dialect: Dialect, ownUnit?: string): Parsed {
  if (source.length > MAX_SOURCE_LENGTH) {
    const message = `the expression has ${source.length} characters, at most ${MAX_SOURCE_LENGTH} are read`;
    throw new ExpressionError(message, source, {
      offset: MAX_SOURCE_LENGTH,
      length: source.length - MAX_SOURCE_LENGTH,
    });
  }
  if (source.trim() === '')
    throw new ExpressionError('the expression is empty', source, { offset: 0, length: 0 });
  const rewritten = rewrite(source, ownUnit);
  return withinTheStack(source, () => {
    try {
      const parsed = dialect.environment.parse(rewritten.text);
      return { root: parsed.ast, rewritten, check: () => parsed.check() };
    } catch (error) {
      if (error instanceof RangeError) throw tooDeep(source);
      throw located(source, rewritten, dialect, error);
    }
  });
}

/** Deep nesting may exhaust the stack of a parser that recurses; that is the author's error, not a crash. */
export function withinTheStack<T>(source: string, step: () => T): T {
  try {
    return step();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw tooDeep(source);
  }
}

function tooDeep(source: string): ExpressionError {
  return new ExpressionError('the expression nests too deeply', source, { offset: 0, length: source.length });
}

/**
 * The library's problem as ours; also the plain errors that it throws when types of an empty literal are
 * ambiguous.
 */
function located(source: string, rewritten: RewrittenText, dialect: Dialect, error: unknown): unknown {
  const problem = error as Partial<LibraryProblem> | undefined;
  if (!problem?.range || typeof problem.code !== 'string') {
    if (!(error instanceof Error) || error instanceof RangeError) return error;
    return new ExpressionError(`its types are ambiguous: ${error.message}`, source, {
      offset: 0,
      length: source.length,
    });
  }
  const { message, node } = problemSentence(problem as LibraryProblem, source, rewritten, dialect.names);
  const { start, end } = node ?? problem.range;
  return new ExpressionError(message, source, rewritten.toSource(start, end));
}
