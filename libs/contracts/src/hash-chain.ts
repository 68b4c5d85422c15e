/**
 * The hash chain of a tenant: each commit's hash covers the one before, its ledger sequence, its subject and its bytes
 * (SHA-256), so that whoever holds the last hash can tell whether anything before it was changed, left out or moved.
 */
import { hash } from 'node:crypto';

export const CHAIN_HASH_BYTES = 32;

/** What stands before a tenant's first commit. */
export const CHAIN_GENESIS: Uint8Array = new Uint8Array(CHAIN_HASH_BYTES);

/** Right after the hash before: the sequence in 8 bytes, the subject's length in 2, both big-endian. */
const FIXED_BYTES = CHAIN_HASH_BYTES + 8 + 2;

let scratch = Buffer.alloc(64 * 1024);

/** Written to `into`, which may be `before` itself. */
export function chainHash(
  before: Uint8Array,
  seq: number,
  subject: string,
  data: Uint8Array,
  into: Buffer = Buffer.allocUnsafe(CHAIN_HASH_BYTES),
): Buffer {
  const length = FIXED_BYTES + subject.length * 3 + data.length;
  if (length > scratch.length) scratch = Buffer.alloc(2 * length);
  scratch.set(before, 0);
  scratch.writeUInt32BE(Math.floor(seq / 2 ** 32), CHAIN_HASH_BYTES);
  scratch.writeUInt32BE(seq >>> 0, CHAIN_HASH_BYTES + 4);
  const subjectBytes = scratch.write(subject, FIXED_BYTES, 'utf8');
  scratch.writeUInt16BE(subjectBytes, CHAIN_HASH_BYTES + 8);
  scratch.set(data, FIXED_BYTES + subjectBytes);
  const bytes = scratch.subarray(0, FIXED_BYTES + subjectBytes + data.length);
  // As text first: 32 bytes by themselves cost the collector more than hashing costs.
  into.write(hash('sha256', bytes, 'binary'), 'binary');
  return into;
}
