/**
 * A mistake in a governance file, told the way a compiler tells it: file, line, column, what is wrong, and the source
 * line with carets under it. Offsets are UTF-16 code units of the file's text, lines and columns count from 1.
 */

/** A file as it was read; `path` is what messages show. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

export interface Problem {
  readonly path: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
  /** The source line and, under it, carets that mark the place. */
  readonly excerpt: string;
}

/** Widest part of a source line that is shown; a minified file must not flood a terminal. */
const EXCERPT_WIDTH = 100;

/** The problem at `offset`; `length` characters of that line are marked, at least one. */
export function problemAt(file: SourceFile, offset: number, length: number, message: string): Problem {
  // What is missing at the end of a file is shown behind its last word and not on an empty line.
  const at = Math.max(0, Math.min(offset, file.text.trimEnd().length));
  const start = file.text.lastIndexOf('\n', at - 1) + 1;
  const end = file.text.indexOf('\n', at);
  const source = file.text.slice(start, end < 0 ? undefined : end).replace(/\r$/, '');
  const column = at - start;
  let line = 1;
  for (let next = file.text.indexOf('\n'); next >= 0 && next < at; next = file.text.indexOf('\n', next + 1))
    line++;
  return { path: file.path, line, column: column + 1, message, excerpt: excerpt(source, column, length) };
}

/** `file:line:column: message` and the marked source line. */
export function renderProblem(problem: Problem): string {
  return `${problem.path}:${problem.line}:${problem.column}: ${problem.message}\n${problem.excerpt}`;
}

function excerpt(source: string, column: number, length: number): string {
  const from = column < EXCERPT_WIDTH ? 0 : column - Math.floor(EXCERPT_WIDTH / 2);
  const shown = source.slice(from, from + EXCERPT_WIDTH);
  const room = Math.max(1, Math.min(length, shown.length - (column - from)));
  // Tabs are kept, so that the carets stand under the place whatever a terminal's tab width is.
  const indent = shown.slice(0, column - from).replace(/[^\t]/g, ' ');
  return `  ${shown}\n  ${indent}${'^'.repeat(room)}`;
}
