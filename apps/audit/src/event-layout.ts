/**
 * The layout of an event that was walked, to be tried on those that follow: consecutive events of a kind have the same
 * members in the same order, and many of the same values. What is equal is compared four bytes at a time; of a value
 * that differs only the end is looked for; when anything else differs the event is walked. Both ways find the same.
 */
import { Member } from './event-members.ts';
import { PLACES, SPAN } from './event-places.ts';
import type { EventPlaces } from './event-places.ts';
import { endOfText, endOfValue } from './json-bytes.ts';

/** Longer events are walked: nobody writes many of them. */
const MOST_BYTES = 4_096;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

export class EventLayout {
  /** Values as texts and as JSON by place, as far as somebody asked for them. */
  readonly texts: (string | undefined)[] = Array.from({ length: PLACES }, () => undefined);
  readonly jsons: (string | undefined)[] = Array.from({ length: PLACES }, () => undefined);
  /** What was found to hold for the value at each place, bit by bit. */
  readonly known = new Uint8Array(PLACES);
  readonly #bytes: Buffer;
  readonly #view: DataView;
  readonly #hasData: boolean;
  readonly #strange: boolean;
  /** Where the values start and end that contain no other one, in order, and their places. */
  readonly #starts: Int32Array;
  readonly #ends: Int32Array;
  readonly #places: Int32Array;
  /** Where any value starts or ends, in order, and which of the bounds of an event's places that is. */
  readonly #marks: Int32Array;
  readonly #bounds: Int32Array;

  /** The layout of the event that was just walked; undefined unless it is short and written in plain ASCII. */
  static of(bytes: Buffer, from: number, to: number, walked: EventPlaces): EventLayout | undefined {
    if (to - from > MOST_BYTES) return undefined;
    for (let at = from; at < to; at++) {
      const byte = bytes[at] as number;
      if (byte < 0x20 || byte >= 0x7f || byte === BACKSLASH) return undefined;
    }
    return new EventLayout(Buffer.from(bytes.subarray(from, to)), from, walked);
  }

  private constructor(bytes: Buffer, from: number, { spans, hasData, strange }: EventPlaces) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#hasData = hasData;
    this.#strange = strange;
    const values: { start: number; end: number; place: number }[] = [];
    for (let at = 0; at < spans.length; at += SPAN) {
      const [start = 0, end = 0, place = 0] = spans.slice(at, at + SPAN);
      values.push({ start: start - from, end: end - from, place });
    }
    const leaves = values.filter(
      ({ start, end }) => !values.some((one) => one.start > start && one.end < end),
    );
    this.#starts = Int32Array.from(leaves, ({ start }) => start);
    this.#ends = Int32Array.from(leaves, ({ end }) => end);
    this.#places = Int32Array.from(leaves, ({ place }) => place);
    const marks = values
      .filter(({ place }) => place >= 0)
      .flatMap(({ start, end, place }) => [
        { at: start, bound: place },
        { at: end, bound: PLACES + place },
      ])
      .sort((a, b) => a.at - b.at);
    this.#marks = Int32Array.from(marks, ({ at }) => at);
    this.#bounds = Int32Array.from(marks, ({ bound }) => bound);
  }

  /** Finds the places of the event at `from`. Returns where it ends; -1 when it is laid out otherwise. */
  fit(bytes: Buffer, view: DataView, from: number, found: EventPlaces): number {
    const { length } = this.#bytes;
    found.begin();
    let here = 0;
    let shift = from;
    let leaf = 0;
    let mark = 0;
    for (;;) {
      here = this.#firstDifference(bytes, view, here, shift);
      if (here === length) {
        this.#note(found, mark, length, shift);
        found.hasData = this.#hasData;
        found.strange = this.#strange;
        return length + shift;
      }
      while (leaf < this.#ends.length && (this.#ends[leaf] as number) < here) leaf += 1;
      const start = this.#starts[leaf] as number;
      // Past the last value, too.
      if (!(start <= here)) return -1;
      const before = this.#ends[leaf] as number;
      const place = this.#places[leaf] as number;
      const isInText = here > start && here < before && this.#bytes[start] === QUOTE;
      // There is no backslash up to here, so the next quote ends a text.
      const end = isInText ? endOfText(bytes, here + shift - 1) : endOfValue(bytes, start + shift);
      // It has no value there, or its data may be an object for once.
      if (end <= start + shift || place === Member.data) return -1;
      mark = this.#note(found, mark, start, shift);
      // Of data it is taken for granted: most of what differs is in there.
      found.differs[Member.data] = 1;
      if (place >= 0) found.differs[place] = 1;
      here = before;
      shift = end - before;
      leaf += 1;
    }
  }

  /** From here on, where this event's bytes are not those of the other; its length when all are. */
  #firstDifference(bytes: Buffer, view: DataView, here: number, shift: number): number {
    const mine = this.#bytes;
    const myView = this.#view;
    const end = Math.min(mine.length, bytes.length - shift);
    let at = here;
    while (at + 4 <= end && view.getInt32(at + shift) === myView.getInt32(at)) at += 4;
    while (at < end && bytes[at + shift] === mine[at]) at += 1;
    return at;
  }

  /** Notes all bounds up to a place in the layout; returns the mark that comes next. */
  #note({ bounds }: EventPlaces, from: number, upTo: number, shift: number): number {
    const marks = this.#marks;
    const which = this.#bounds;
    let mark = from;
    for (; mark < marks.length && (marks[mark] as number) <= upTo; mark++)
      bounds[which[mark] as number] = (marks[mark] as number) + shift;
    return mark;
  }
}
