/** A delivery of JetStream as a commit: its place is read off the ack subject, its headers only when somebody asks. */
import type { MsgImpl } from '@nats-io/nats-core/internal';
import type { LedgerCommit } from '../port.ts';

/**
 * A delivered message as a commit: its bytes and nothing else of the message, which is five objects more to keep. Its
 * headers are looked up in their bytes when somebody asks for one: the client's own decoding builds them all anew, at the
 * price of parsing a small commit.
 */
export class DeliveredCommit implements LedgerCommit {
  readonly seq: number;
  readonly at: number;
  readonly subject: string;
  readonly data: Uint8Array;
  /** Headers and data. */
  readonly #bytes: Uint8Array;
  readonly #headerBytes: number;
  #headers: string | undefined;

  constructor({ _msg, _rdata }: MsgImpl, seq: number, at: number) {
    this.seq = seq;
    this.at = at;
    this.subject = subjectOf(_msg.subject);
    this.#bytes = _rdata;
    this.#headerBytes = Math.max(_msg.hdr, 0);
    this.data = this.#headerBytes > 0 ? _rdata.subarray(this.#headerBytes) : _rdata;
  }

  get id(): string | undefined {
    return this.header('Nats-Msg-Id');
  }

  header(name: string): string | undefined {
    const text = (this.#headers ??= this.#headerText());
    const start = text.indexOf(`\r\n${name}:`);
    if (start < 0) return undefined;
    const from = start + name.length + 3;
    return text.slice(from, text.indexOf('\r\n', from)).trim() || undefined;
  }

  /** The header lines as they came, `NATS/1.0\r\nName: value\r\n...`; empty without any. */
  #headerText(): string {
    if (this.#headerBytes === 0) return '';
    const { buffer, byteOffset } = this.#bytes;
    return Buffer.from(buffer, byteOffset, this.#headerBytes).toString('utf8');
  }
}

const decoder = new TextDecoder();
let lastBytes: Uint8Array = new Uint8Array();
let lastSubject = '';

/** Most commits have the subject of the one before: the same string, not one more like it. */
function subjectOf(bytes: Uint8Array): string {
  if (!isSame(bytes, lastBytes)) {
    lastBytes = bytes.slice();
    lastSubject = decoder.decode(bytes);
  }
  return lastSubject;
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index++) if (a[index] !== b[index]) return false;
  return true;
}

/**
 * Reads the ack subject, `$JS.ACK.<stream>.<consumer>.<deliveries>.<stream seq>.<consumer seq>.<nanoseconds>.<pending>`;
 * with a domain two tokens more stand in front and one behind. Scanned, not split: it is read once for every commit.
 */
export function deliveryOf(reply: string): {
  readonly seq: number;
  readonly consumerSeq: number;
  readonly at: number;
} {
  let dots = 0;
  for (let dot = reply.indexOf('.'); dot >= 0; dot = reply.indexOf('.', dot + 1)) dots += 1;
  let from = 0;
  for (let token = dots >= 10 ? 7 : 5; token > 0; token--) from = reply.indexOf('.', from) + 1;
  const seqEnd = reply.indexOf('.', from);
  const consumerSeqEnd = reply.indexOf('.', seqEnd + 1);
  const timeEnd = reply.indexOf('.', consumerSeqEnd + 1);
  return {
    seq: Number(reply.slice(from, seqEnd)),
    consumerSeq: Number(reply.slice(seqEnd + 1, consumerSeqEnd)),
    at: Math.floor(Number(reply.slice(consumerSeqEnd + 1, timeEnd)) / 1e6),
  };
}
