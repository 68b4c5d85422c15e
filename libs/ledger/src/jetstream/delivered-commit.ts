/** A delivery of JetStream as a commit: its place is read off the ack subject, its headers only when somebody asks. */
import type { MsgImpl } from '@nats-io/nats-core/internal';
import type { LedgerCommit } from '../port.ts';

/**
 * A delivered message as a commit. Its headers are looked up in their bytes when somebody asks for one: the client's own
 * decoding builds them all anew, at the price of parsing a small commit.
 */
export class DeliveredCommit implements LedgerCommit {
  readonly seq: number;
  readonly at: number;
  readonly #message: MsgImpl;
  #data: Uint8Array | undefined;
  #headers: string | undefined;

  constructor(message: MsgImpl, seq: number, at: number) {
    this.seq = seq;
    this.at = at;
    this.#message = message;
  }

  get subject(): string {
    return this.#message.subject;
  }

  get data(): Uint8Array {
    // The message makes a view of its bytes each time it is asked.
    return (this.#data ??= this.#message.data);
  }

  get id(): string | undefined {
    return this.header('Nats-Msg-Id');
  }

  header(name: string): string | undefined {
    const text = (this.#headers ??= headerText(this.#message));
    const start = text.indexOf(`\r\n${name}:`);
    if (start < 0) return undefined;
    const from = start + name.length + 3;
    return text.slice(from, text.indexOf('\r\n', from)).trim() || undefined;
  }
}

/** The header lines as they came, `NATS/1.0\r\nName: value\r\n...`; empty without any. */
function headerText({ _msg, _rdata }: MsgImpl): string {
  if (_msg.hdr <= 0) return '';
  return Buffer.from(_rdata.buffer, _rdata.byteOffset, _msg.hdr).toString('utf8');
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
