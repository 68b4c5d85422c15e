/**
 * What is wrong with an expression, found when it is loaded: a sentence that says what would be right, and
 * the span of the source as its author wrote it. Line and column count from 1, offset and length in
 * characters.
 */
import { WritError } from '@writ/contracts';
import type { Span } from './source/position-map.ts';

export class ExpressionError extends WritError {
  readonly source: string;
  readonly offset: number;
  readonly length: number;
  readonly line: number;
  readonly column: number;

  constructor(message: string, source: string, span: Span) {
    const offset = Math.min(Math.max(span.offset, 0), source.length);
    const { line, column } = lineAndColumn(source, offset);
    super('expression-invalid', message, { details: { source, offset, length: span.length, line, column } });
    this.source = source;
    this.offset = offset;
    this.length = Math.min(span.length, source.length - offset);
    this.line = line;
    this.column = column;
  }

  /** The line in question with the place marked below it. */
  get excerpt(): string {
    const start = this.offset - this.column + 1;
    const text = this.source.slice(start).split(/\r\n|\n|\r/, 1)[0] ?? '';
    const width = Math.max(1, Math.min(this.length, text.length - this.column + 1));
    return `${text}\n${text.slice(0, this.column - 1).replace(/[^\t]/g, ' ')}${'^'.repeat(width)}`;
  }
}

/** Where `offset` is, counting lines and columns from 1. */
export function lineAndColumn(source: string, offset: number): { line: number; column: number } {
  const before = source.slice(0, offset).split(/\r\n|\n|\r/);
  return { line: before.length, column: (before.at(-1) ?? '').length + 1 };
}
