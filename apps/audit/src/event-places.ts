/** Where the members of one event stand in its commit's bytes: its own, and those of its data when that is an object. */
import { MEMBERS, Member, memberNamed } from './event-members.ts';
import { endOfText, endOfValue } from './json-bytes.ts';

/** The places of an event's own members come first, then those of its data. */
export const PLACES = 2 * MEMBERS;
export const DATA = MEMBERS;

/** What a list of spans has for each member: where its value starts, where it ends, and its place. */
export const SPAN = 3;
/** Place of a member whose name nobody asks for. */
export const NOWHERE = -1;

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

export class EventPlaces {
  /** Starts of all places, then their ends; an end is 0 for a member that is not there. */
  readonly bounds = new Int32Array(2 * PLACES);
  /** Whether data is an object. */
  hasData = false;
  /** Whether there are members whose names nobody asks for, or members twice. */
  strange = false;
  /** 1 for places whose values differ from those of the layout that the event has. */
  readonly differs = new Uint8Array(PLACES);
  /** Every value that was walked over, as it ended. */
  readonly spans: number[] = [];

  /** Forgets everything. */
  begin(): void {
    this.bounds.fill(0);
    this.differs.fill(0);
    this.hasData = this.strange = false;
    this.spans.length = 0;
  }

  /** Walks an event from its brace on. Returns where it ends; -1 when it is not compact JSON. */
  walk(bytes: Buffer, start: number): number {
    this.begin();
    return this.#walk(bytes, start, 0);
  }

  /** An event's data is walked with it, not twice. */
  #walk(bytes: Buffer, start: number, object: number): number {
    const { bounds, spans } = this;
    let at = start + 1;
    if (bytes[at] === CLOSE_BRACE) return at + 1;
    for (;;) {
      if (bytes[at] !== QUOTE) return -1;
      const name = at + 1;
      at = endOfText(bytes, at);
      const member = memberNamed(bytes, name, at - 1);
      if (bytes[at] !== COLON) return -1;
      const value = at + 1;
      const isData = member === Member.data && object === 0 && bytes[value] === OPEN_BRACE;
      if (member === Member.data && object === 0) this.hasData = isData;
      if (isData) bounds.fill(0, PLACES + DATA);
      at = isData ? this.#walk(bytes, value, DATA) : endOfValue(bytes, value);
      if (at <= value) return -1;
      const place = member < 0 ? NOWHERE : object + member;
      spans.push(value, at, place);
      if (member < 0 || bounds[PLACES + place] !== 0) this.strange = true;
      if (member >= 0) {
        bounds[place] = value;
        bounds[PLACES + place] = at;
      }
      if (bytes[at] === COMMA) at += 1;
      else return bytes[at] === CLOSE_BRACE ? at + 1 : -1;
    }
  }
}
