/** Facts of an operator as commits within the bounds of one message. */
import { MAX_COMMIT_BYTES, MAX_EVENTS_PER_COMMIT, WritError, encodeEvent } from '@writ/contracts';
import type { Fact } from '@writ/contracts';
import { uuidv7 } from 'uuidv7';

export interface EncodedCommit {
  readonly id: string;
  readonly data: Uint8Array;
  readonly facts: readonly Fact[];
}

/** As few commits as possible, in the order of the facts; almost always one. */
export function commitsOf(facts: readonly Fact[], source: string, at: Date): EncodedCommit[] {
  const commits: EncodedCommit[] = [];
  let pending: { fact: Fact; text: string }[] = [];
  let bytes = 2;
  const flush = (): void => {
    if (pending.length === 0) return;
    const data = Buffer.from(`[${pending.map(({ text }) => text).join(',')}]`);
    commits.push({ id: uuidv7(), data, facts: pending.map(({ fact }) => fact) });
    pending = [];
    bytes = 2;
  };
  for (const fact of facts) {
    const text = encodeEvent(fact, uuidv7(), source, at.toISOString());
    const size = Buffer.byteLength(text) + 1;
    if (size + 2 > MAX_COMMIT_BYTES) {
      const message = `${fact.type} has ${size} bytes; at most ${MAX_COMMIT_BYTES} fit into one commit of the ledger`;
      throw new WritError('catalog-too-large', message);
    }
    if (pending.length === MAX_EVENTS_PER_COMMIT || bytes + size > MAX_COMMIT_BYTES) flush();
    pending.push({ fact, text });
    bytes += size;
  }
  flush();
  return commits;
}
