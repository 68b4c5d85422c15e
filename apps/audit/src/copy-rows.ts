/**
 * Rows for `COPY ... FROM STDIN (FORMAT binary)`, which Postgres takes in at a third of what statements with parameters
 * cost it, and which nothing has to quote. One row is `begin` and then each column in order; it can be read back.
 */

const COPY_DATA = 'd'.charCodeAt(0);
/** Its length has 4 bytes and counts itself. */
const COPY_DONE = Buffer.from('c\0\0\0\x04', 'latin1');
const SIGNATURE = Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1');
/** Room for the kind and length of the message; then the signature, no flags, no header extension. */
const HEADER = Buffer.concat([Buffer.from([COPY_DATA, 0, 0, 0, 0]), SIGNATURE, Buffer.alloc(8)]);
const TRAILER = 0xffff;
const NULL_LENGTH = 0xffffffff;
const FIRST_BYTES = 256 * 1024;

/** Postgres counts its times from the year 2000 on, in microseconds. */
const POSTGRES_EPOCH_MS = Date.UTC(2000, 0, 1);

export class CopyRows {
  #bytes = Buffer.allocUnsafe(FIRST_BYTES);
  #length = HEADER.copy(this.#bytes);
  rows = 0;

  /** Begins anew in the same bytes; what `end` gave is overwritten. */
  clear(): this {
    this.#length = HEADER.length;
    this.rows = 0;
    return this;
  }

  /** Starts a row of so many columns; returns its place. */
  begin(columns: number): number {
    const place = this.#length;
    this.rows += 1;
    this.#reserve(2);
    this.#length = this.#bytes.writeUInt16BE(columns, place);
    return place;
  }

  /** A row that was written here. */
  read(place: number): CopiedRow {
    return new CopiedRow(this.#bytes, place + 2);
  }

  /** UTF-8 text without NUL, which Postgres does not have; names are ASCII and short. */
  text(value: string | undefined): void {
    if (value === undefined) return this.#null();
    this.#reserve(4 + 3 * value.length);
    const start = this.#length + 4;
    const bytes = this.#write(value, start);
    this.#bytes.writeUInt32BE(bytes, this.#length);
    this.#length = start + bytes;
  }

  bytes(value: Uint8Array | undefined): void {
    if (value === undefined) return this.#null();
    this.#reserve(4 + value.length);
    this.#length = this.#bytes.writeUInt32BE(value.length, this.#length);
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
  }

  /** Distinct words as `tsvector`; Postgres sorts them. */
  lexemes(words: readonly string[]): void {
    const lengthAt = this.#length;
    this.#reserve(8);
    this.#length = this.#bytes.writeUInt32BE(words.length, lengthAt + 4);
    for (const word of words) {
      this.#reserve(3 * word.length + 3);
      this.#length += this.#write(word, this.#length);
      // The end of the word, and that nothing is said about its places.
      for (let zeros = 0; zeros < 3; zeros++) this.#bytes[this.#length++] = 0;
    }
    this.#bytes.writeUInt32BE(this.#length - lengthAt - 4, lengthAt);
  }

  int(value: number | undefined): void {
    if (value === undefined) return this.#null();
    this.#reserve(8);
    this.#length = this.#bytes.writeUInt32BE(4, this.#length);
    this.#length = this.#bytes.writeInt32BE(value, this.#length);
  }

  /** A whole number up to 2^53. */
  bigint(value: number): void {
    this.#reserve(12);
    this.#length = this.#bytes.writeUInt32BE(8, this.#length);
    this.#length = this.#bytes.writeInt32BE(Math.floor(value / 2 ** 32), this.#length);
    this.#length = this.#bytes.writeUInt32BE(value >>> 0, this.#length);
  }

  /** Epoch milliseconds as `timestamptz`. */
  time(value: number | undefined): void {
    if (value === undefined) return this.#null();
    this.bigint((value - POSTGRES_EPOCH_MS) * 1_000);
  }

  /** Everything, as the messages in which Postgres takes it. */
  end(): Buffer {
    this.#reserve(2 + COPY_DONE.length);
    this.#length = this.#bytes.writeUInt16BE(TRAILER, this.#length);
    this.#bytes.writeUInt32BE(this.#length - 1, 1);
    this.#length += COPY_DONE.copy(this.#bytes, this.#length);
    return this.#bytes.subarray(0, this.#length);
  }

  #null(): void {
    this.#reserve(4);
    this.#length = this.#bytes.writeUInt32BE(NULL_LENGTH, this.#length);
  }

  /** Writes text; returns how many bytes it has. */
  #write(value: string, start: number): number {
    const written = value.length <= SHORT_TEXT ? this.#ascii(value, start) : -1;
    return written < 0 ? this.#bytes.write(value, start, 'utf8') : written;
  }

  /** Writes short ASCII text faster than a call into the runtime does; -1 when it is not ASCII. */
  #ascii(value: string, start: number): number {
    for (let index = 0; index < value.length; index++) {
      const code = value.charCodeAt(index);
      if (code >= 0x80) return -1;
      this.#bytes[start + index] = code;
    }
    return value.length;
  }

  #reserve(bytes: number): void {
    if (this.#length + bytes <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(2 * (this.#length + bytes));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}

const SHORT_TEXT = 48;

/** Reads the columns of a row in order, each as `pg` gives it. */
export class CopiedRow {
  readonly #bytes: Buffer;
  #at: number;

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes;
    this.#at = at;
  }

  text(): string | null {
    return this.bytes()?.toString('utf8') ?? null;
  }

  bytes(): Buffer | null {
    const start = this.#at + 4;
    const length = this.#bytes.readInt32BE(this.#at);
    this.#at = start + Math.max(length, 0);
    return length < 0 ? null : Buffer.from(this.#bytes.subarray(start, this.#at));
  }

  lexemes(): string | null {
    const bytes = this.bytes();
    if (!bytes) return null;
    const words = bytes.toString('utf8', 4).split('\0\0\0').slice(0, -1);
    return words.map((word) => `'${word}'`).join(' ');
  }

  int(): number | null {
    return this.bytes()?.readInt32BE() ?? null;
  }

  bigint(): string | null {
    return this.bytes()?.readBigInt64BE().toString() ?? null;
  }

  time(): Date | null {
    const micros = this.bigint();
    return micros === null ? null : new Date(Number(micros) / 1_000 + POSTGRES_EPOCH_MS);
  }
}
