/**
 * Raw commits of one tenant in one row: their bytes as they stand in the ledger, compressed together (about 15 to 1,
 * because facts repeat each other), and the hash of each. A chunk is what is decompressed to read one commit of it, so
 * it is bounded.
 */
import { constants, crc32, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { CHAIN_HASH_BYTES } from '@writ/contracts';
import type { StoredCommit } from '@writ/contracts';
import { CHUNK_BYTES, COMPRESS_FROM_BYTES } from './limits.ts';

export interface ChainedCommit extends StoredCommit {
  readonly hash: Buffer;
}

/** The columns of a chunk besides its tenant. */
export interface Chunk {
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly firstAt: number;
  readonly commits: number;
  /** The hash of each commit in order. */
  readonly hashes: Buffer;
  /** Length of the body before compression; 0 for a body that is not compressed. */
  readonly unpackedBytes: number;
  /** CRC-32 of the body as it is stored: some bits of compressed bytes do not show in what they unpack to. */
  readonly bodyCrc: number;
  readonly body: Buffer;
}

/** Sequence and time (doubles), then the lengths of subject and data. */
const HEAD_BYTES = 8 + 8 + 2 + 4;

/** Fast levels compress what repeats nearly as well as slow ones: 1.6 us a call instead of 3.5 at level 1. */
const COMPRESSION = { params: { [constants.ZSTD_c_compressionLevel]: -1 } };

/** What is compressed is written here first: a buffer for each chunk is much to collect. */
let scratch = Buffer.allocUnsafe(2 * CHUNK_BYTES);

/** Packs commits and the hash of each. */
export function packChunk(commits: readonly StoredCommit[], hashes: Buffer): Chunk {
  let length = 0;
  for (const { subject, data } of commits) length += HEAD_BYTES + subject.length + data.length;
  const compress = length >= COMPRESS_FROM_BYTES;
  if (length > scratch.length) scratch = Buffer.allocUnsafe(2 * length);
  const body = compress ? scratch.subarray(0, length) : Buffer.allocUnsafe(length);
  let to = 0;
  for (const { seq, at, subject, data } of commits) {
    body.writeDoubleLE(seq, to);
    body.writeDoubleLE(at, to + 8);
    body.writeUInt16LE(subject.length, to + 16);
    body.writeUInt32LE(data.length, to + 18);
    to += HEAD_BYTES;
    to += body.write(subject, to, 'latin1');
    body.set(data, to);
    to += data.length;
  }
  const stored = compress ? zstdCompressSync(body, COMPRESSION) : body;
  const [first, last] = [commits[0] as StoredCommit, commits.at(-1) as StoredCommit];
  return {
    firstSeq: first.seq,
    lastSeq: last.seq,
    firstAt: first.at,
    commits: commits.length,
    hashes,
    unpackedBytes: compress ? length : 0,
    // Postgres has no unsigned integers.
    bodyCrc: crc32(stored) | 0,
    body: stored,
  };
}

/** What a chunk is unpacked from. */
export type PackedChunk = Pick<Chunk, 'hashes' | 'unpackedBytes' | 'bodyCrc' | 'body'>;

/** Its commits in order. @throws RangeError, or what zlib throws, when the body is not what was packed */
export function unpackChunk(chunk: PackedChunk): ChainedCommit[] {
  const { hashes, unpackedBytes } = chunk;
  if ((crc32(chunk.body) | 0) !== chunk.bodyCrc)
    throw new RangeError('its bytes are not those that were stored');
  const body =
    unpackedBytes > 0 ? zstdDecompressSync(chunk.body, { maxOutputLength: unpackedBytes }) : chunk.body;
  if (unpackedBytes > 0 && body.length !== unpackedBytes)
    throw new RangeError(`it unpacks to ${body.length} bytes instead of ${unpackedBytes}`);
  const commits: ChainedCommit[] = [];
  for (let at = 0; at < body.length;) {
    const seq = body.readDoubleLE(at);
    const instant = body.readDoubleLE(at + 8);
    const subjectEnd = at + HEAD_BYTES + body.readUInt16LE(at + 16);
    const end = subjectEnd + body.readUInt32LE(at + 18);
    if (end > body.length) throw new RangeError('a commit of this chunk reaches beyond its end');
    const place = commits.length * CHAIN_HASH_BYTES;
    commits.push({
      seq,
      at: instant,
      subject: body.toString('latin1', at + HEAD_BYTES, subjectEnd),
      data: body.subarray(subjectEnd, end),
      hash: hashes.subarray(place, place + CHAIN_HASH_BYTES),
    });
    at = end;
  }
  return commits;
}
