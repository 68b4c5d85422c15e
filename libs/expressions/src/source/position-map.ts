/**
 * The rewritten text of an expression, with the way back: every character of it knows the span of the source
 * that it came from, so that an error found in the rewritten text points into what its author wrote.
 */

/** A piece of the rewritten text. A verbatim piece maps character by character, another one as a whole. */
interface Piece {
  readonly at: number;
  readonly offset: number;
  readonly length: number;
  readonly verbatim: boolean;
}

export interface Span {
  /** Characters before it in the source. */
  readonly offset: number;
  readonly length: number;
}

export class RewrittenText {
  readonly #pieces: Piece[] = [];
  #text = '';

  get text(): string {
    return this.#text;
  }

  /** Appends `source[offset, offset + length)` as it stands. */
  keep(source: string, offset: number, length: number): void {
    this.#pieces.push({ at: this.#text.length, offset, length, verbatim: true });
    this.#text += source.slice(offset, offset + length);
  }

  /**
   * Appends `text`, which stands for `length` characters of the source at `offset`; none for what is only
   * inserted.
   */
  replace(text: string, offset: number, length: number): void {
    this.#pieces.push({ at: this.#text.length, offset, length, verbatim: false });
    this.#text += text;
  }

  /** The span of the source behind `[start, end)` of the rewritten text. */
  toSource(start: number, end: number): Span {
    const first = this.#pieceAt(start);
    if (!first) return { offset: 0, length: 0 };
    if (start >= this.#text.length) return { offset: first.offset + first.length, length: 0 };
    const offset = first.verbatim ? first.offset + Math.min(start - first.at, first.length) : first.offset;
    const last = end > start ? this.#pieceAt(end - 1) : undefined;
    if (!last) return { offset, length: 0 };
    const stop = last.verbatim
      ? last.offset + Math.min(end - last.at, last.length)
      : last.offset + last.length;
    return { offset, length: Math.max(0, stop - offset) };
  }

  /** The last piece that begins at or before `at`. */
  #pieceAt(at: number): Piece | undefined {
    let low = 0;
    let high = this.#pieces.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#pieces[middle] as Piece).at <= at) low = middle;
      else high = middle - 1;
    }
    return this.#pieces[low];
  }
}
