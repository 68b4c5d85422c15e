/**
 * Reads the few members of a commit's events that the index of invocations needs, without building the rest: a fraction of
 * what `JSON.parse` costs. It only knows the plain shape of the five facts that every call has; whatever looks different
 * is decoded as a whole by who asks.
 */
import { MAX_TOKEN_LENGTH } from '@writ/contracts';
import type { SubjectKind } from '@writ/contracts';
import { KnownLayouts } from './known-layouts.ts';
import type { EventLayout } from './event-layout.ts';
import { Member } from './event-members.ts';
import { DATA, EventPlaces, PLACES } from './event-places.ts';

/** Of a number that is exact as a double. */
const MOST_DIGITS = 15;

const DIGEST_PREFIX = 'sha256:';

const ZERO = 0x30;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_BRACE = 0x7b;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;

/** Classes of bytes. */
const NAME = 1;
const HEX = 2;
/** Printable ASCII without quote and backslash. */
const PLAIN = 4;

const CLASSES = Uint8Array.from({ length: 256 }, (_, byte) => {
  const character = String.fromCharCode(byte);
  const name = /[A-Za-z0-9_-]/.test(character) ? NAME : 0;
  const hex = /[0-9a-f]/.test(character) ? HEX : 0;
  const plain = byte >= 0x20 && byte < 0x7f && byte !== QUOTE && byte !== BACKSLASH ? PLAIN : 0;
  return name | hex | plain;
});

/** What may be known of a value. */
const IS_NAME = 1;
const IS_PLAIN = 2;
const IS_DIGEST = 4;

export class EventScan {
  readonly #layouts = new KnownLayouts();
  readonly #places = new EventPlaces();
  readonly #bounds = this.#places.bounds;
  readonly #differs = this.#places.differs;
  /** What the present event is laid out like; undefined when it was walked. */
  #layout: EventLayout | undefined;
  /** First place of the object that is asked about: the event, or its data. */
  #object = 0;
  #bytes: Buffer = Buffer.alloc(0);
  #view: DataView = new DataView(new ArrayBuffer(0));
  #kind: SubjectKind | undefined;
  #at = 0;
  /** Where the present event begins, and where it ends. */
  #from = 0;
  #to = 0;

  /** Begins with the bytes of a commit on a subject of this kind. */
  open(bytes: Uint8Array, kind: SubjectKind | undefined): void {
    const { buffer, byteOffset, byteLength } = bytes;
    this.#bytes = Buffer.isBuffer(bytes) ? bytes : Buffer.from(buffer, byteOffset, byteLength);
    this.#view = new DataView(buffer, byteOffset, byteLength);
    this.#kind = kind;
    this.#at = this.#bytes[0] === OPEN_BRACKET ? 1 : this.#bytes.length;
  }

  /** Goes to the next event; false at the end, and for bytes that are not written as our services write them. */
  next(): boolean {
    const bytes = this.#bytes;
    const from = this.#at === 1 ? 1 : this.#at + 1;
    if (bytes[from] !== OPEN_BRACE || (from > 1 && bytes[from - 1] !== COMMA)) return false;
    this.#from = from;
    this.#object = 0;
    this.#layout = this.#layouts.find(this.#kind, bytes, this.#view, from, this.#places);
    const to = this.#layout ? this.#layouts.end : this.#places.walk(bytes, from);
    if (to < 0) return false;
    if (!this.#layout) this.#layouts.learn(this.#kind, bytes, from, to, this.#places);
    this.#at = this.#to = to;
    return true;
  }

  /** Whether everything was read, to the closing bracket. */
  get done(): boolean {
    const { length } = this.#bytes;
    return this.#at === length - 1 && this.#bytes[this.#at] === CLOSE_BRACKET;
  }

  /** The bytes of the present event. */
  get event(): Buffer {
    return this.#bytes.subarray(this.#from, this.#to);
  }

  /** Where they begin and end. */
  get from(): number {
    return this.#from;
  }
  get to(): number {
    return this.#to;
  }

  /** Reads the members of the present event's data in place of its own; false when it has none that is an object. */
  openData(): boolean {
    this.#object = this.#places.hasData ? DATA : 0;
    return this.#places.hasData;
  }

  /** Whether every member of the event, and of its data if that is an object, has one of the known names, each once. */
  get familiar(): boolean {
    return !this.#places.strange;
  }

  has(member: Member): boolean {
    return this.#bounds[PLACES + this.#object + member] !== 0;
  }

  /** A string member as it stands; undefined when it is absent, no string, or escaped or outside of ASCII. */
  text(member: Member): string | undefined {
    const place = this.#object + member;
    const alike = this.#alike(place);
    return alike ? (alike.texts[place] ??= this.#text(place)) : this.#text(place);
  }

  /** Any value as text; undefined when it is absent or outside of ASCII. */
  json(member: Member): string | undefined {
    const place = this.#object + member;
    const alike = this.#alike(place);
    return alike ? (alike.jsons[place] ??= this.#json(place)) : this.#json(place);
  }

  /** Whether a member is exactly this text; nothing is built for the comparison. */
  is(member: Member, text: string): boolean {
    const place = this.#object + member;
    const start = (this.#bounds[place] as number) + 1;
    const bytes = this.#bytes;
    if ((this.#bounds[PLACES + place] as number) - start - 1 !== text.length) return false;
    if (bytes[start - 1] !== QUOTE) return false;
    for (let index = 0; index < text.length; index++)
      if (bytes[start + index] !== text.charCodeAt(index)) return false;
    return true;
  }

  /** Whether a member is a name, as `isToken` says of a text. */
  isName(member: Member): boolean {
    return this.#holds(IS_NAME, this.#object + member);
  }

  /** Whether a member is a text of plain ASCII, not empty. */
  isPlain(member: Member): boolean {
    return this.#holds(IS_PLAIN, this.#object + member);
  }

  /** Whether a member is `sha256:` and 64 hexadecimal digits. */
  isDigest(member: Member): boolean {
    return this.#holds(IS_DIGEST, this.#object + member);
  }

  /** A whole number; undefined for anything else. */
  count(member: Member): number | undefined {
    const place = this.#object + member;
    const start = this.#bounds[place] as number;
    const end = this.#bounds[PLACES + place] as number;
    if (end <= start || end - start > MOST_DIGITS) return undefined;
    if (this.#bytes[start] === ZERO && end - start > 1) return undefined;
    let value = 0;
    for (let index = start; index < end; index++) {
      const digit = (this.#bytes[index] as number) - ZERO;
      if (digit < 0 || digit > 9) return undefined;
      value = value * 10 + digit;
    }
    return value;
  }

  /** The layout of which the value at this place is the same. */
  #alike(place: number): EventLayout | undefined {
    return this.#differs[place] === 1 ? undefined : this.#layout;
  }

  #text(place: number): string | undefined {
    const start = this.#bounds[place] as number;
    const end = (this.#bounds[PLACES + place] as number) - 1;
    const bytes = this.#bytes;
    if (end <= start || bytes[start] !== QUOTE) return undefined;
    for (let index = start + 1; index < end; index++) {
      const byte = bytes[index] as number;
      if (byte === BACKSLASH || byte >= 0x80 || byte < 0x20) return undefined;
    }
    return bytes.toString('latin1', start + 1, end);
  }

  #json(place: number): string | undefined {
    const start = this.#bounds[place] as number;
    const end = this.#bounds[PLACES + place] as number;
    if (end <= start) return undefined;
    for (let index = start; index < end; index++)
      if ((this.#bytes[index] as number) >= 0x80) return undefined;
    return this.#bytes.toString('latin1', start, end);
  }

  /** What holds for a value holds for all that are the same. */
  #holds(fact: number, place: number): boolean {
    const alike = this.#alike(place);
    if (alike && ((alike.known[place] as number) & fact) !== 0) return true;
    const holds = this.#isSo(fact, place);
    if (alike && holds) alike.known[place] = (alike.known[place] as number) | fact;
    return holds;
  }

  #isSo(fact: number, place: number): boolean {
    const start = (this.#bounds[place] as number) + 1;
    const end = (this.#bounds[PLACES + place] as number) - 1;
    if (end <= start || this.#bytes[start - 1] !== QUOTE) return false;
    if (fact === IS_PLAIN) return this.#isAll(PLAIN, start, end);
    if (fact === IS_NAME) return end - start <= MAX_TOKEN_LENGTH && this.#isAll(NAME, start, end);
    if (end - start !== DIGEST_PREFIX.length + 64) return false;
    for (let index = 0; index < DIGEST_PREFIX.length; index++)
      if (this.#bytes[start + index] !== DIGEST_PREFIX.charCodeAt(index)) return false;
    return this.#isAll(HEX, start + DIGEST_PREFIX.length, end);
  }

  #isAll(classes: number, start: number, end: number): boolean {
    const bytes = this.#bytes;
    for (let index = start; index < end; index++)
      if (((CLASSES[bytes[index] as number] as number) & classes) === 0) return false;
    return true;
  }
}
