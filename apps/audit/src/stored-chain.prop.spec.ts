/**
 * Whatever somebody changes in the stored commits (a bit, a row or a commit left out, swapped or put in), comparing them
 * with the stream names the first place. Postgres is a list of rows here.
 */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CHAIN_GENESIS } from '@writ/contracts';
import type { StoredCommit } from '@writ/contracts';
import { ChainCheck } from '@writ/provenance';
import type { ChainFault, ChainLink } from '@writ/provenance';
import { AT, bytesOf, names, ran } from '../test/calls.ts';
import { chained } from '../test/chained.ts';
import { packChunk, unpackChunk } from './chunk.ts';
import type { ChainedCommit } from './chunk.ts';
import { linksOf } from './stored-chain.ts';
import type { ChunkRow } from './stored-chain.ts';

/** Commits a chunk; the fourth chunk is long enough to be compressed. */
const SIZES = [5, 1, 7, 20, 3, 4];

const stream: readonly StoredCommit[] = SIZES.flatMap((_, part) =>
  ran(names(`p${part}`, part === 3 ? 40 : 2)),
)
  .flatMap((each) => [each, each])
  .slice(
    0,
    SIZES.reduce((sum, size) => sum + size, 0),
  )
  .map((each, index) => ({ seq: 3 * index + 1, at: AT + index, subject: each.subject, data: bytesOf(each) }));

function rowOf(commits: readonly ChainedCommit[]): ChunkRow {
  const { firstSeq, lastSeq, unpackedBytes, bodyCrc, hashes, body } = packChunk(
    commits,
    Buffer.concat(commits.map(({ hash }) => hash)),
  );
  return {
    first_seq: String(firstSeq),
    last_seq: String(lastSeq),
    commits: commits.length,
    unpacked_bytes: unpackedBytes,
    body_crc: bodyCrc,
    hashes: Buffer.from(hashes),
    body: Buffer.from(body),
  };
}

function chunksOf(commits: readonly ChainedCommit[]): ChainedCommit[][] {
  let at = 0;
  return SIZES.map((size) => commits.slice(at, (at += size)));
}

function firstFault(rows: readonly ChunkRow[]): ChainFault | undefined {
  const links: ChainLink[] = [];
  let head: Uint8Array = CHAIN_GENESIS;
  for (const row of rows.toSorted((a, b) => Number(a.last_seq) - Number(b.last_seq))) {
    const chunk = linksOf(row, head);
    links.push(...chunk.links);
    head = chunk.head;
  }
  const check = new ChainCheck();
  for (let index = 0; index < Math.max(stream.length, links.length) && !check.fault; index++)
    check.step(stream[index], links[index]);
  return check.fault;
}

const sound = chunksOf(chained(stream));
const place = { chunk: fc.nat({ max: SIZES.length - 1 }), at: fc.nat(), other: fc.nat() };
const change = fc.record({
  how: fc.constantFrom(
    'flip body',
    'flip hash',
    'drop row',
    'drop commit',
    'swap rows',
    'swap commits',
    'insert',
    'repeat row',
    'column',
  ),
  bit: fc.nat({ max: 7 }),
  ...place,
});
type Change = typeof change extends fc.Arbitrary<infer C> ? C : never;

function flipped(bytes: Buffer, at: number, bit: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at % copy.length] = (copy[at % copy.length] as number) ^ (1 << bit);
  return copy;
}

/** The rows after a change, and the chunks that it touched; undefined when the change changes nothing. */
function changed({
  how,
  chunk,
  at,
  other,
  bit,
}: Change): { rows: ChunkRow[]; touched: number[] } | undefined {
  const rows = sound.map(rowOf);
  const row = rows[chunk] as ChunkRow;
  const commits = [...(sound[chunk] as ChainedCommit[])];
  const [here, there] = [at % commits.length, other % commits.length];
  const second = other % rows.length;
  switch (how) {
    case 'flip body':
      rows[chunk] = { ...row, body: flipped(row.body, at, bit) };
      break;
    case 'flip hash':
      rows[chunk] = { ...row, hashes: flipped(row.hashes, at, bit) };
      break;
    case 'drop row':
      rows.splice(chunk, 1);
      break;
    case 'drop commit':
      if (commits.length === 1) return undefined;
      commits.splice(here, 1);
      rows[chunk] = rowOf(commits);
      break;
    case 'swap rows':
      if (chunk === second) return undefined;
      rows[chunk] = { ...row, hashes: rows[second]!.hashes, body: rows[second]!.body };
      rows[second] = { ...rows[second]!, hashes: row.hashes, body: row.body };
      return { rows, touched: [chunk, second] };
    case 'swap commits':
      if (here === there) return undefined;
      [commits[here], commits[there]] = [commits[there]!, commits[here]!];
      rows[chunk] = rowOf(commits);
      break;
    case 'insert': {
      const before = commits[here]!;
      commits.splice(here + 1, 0, ...chained([{ ...before, seq: before.seq + 1 }]));
      rows[chunk] = rowOf(commits);
      break;
    }
    case 'repeat row':
      rows.push({ ...row, last_seq: String(Number(row.last_seq) + 1) });
      break;
    case 'column': {
      const columns = ['first_seq', 'last_seq', 'commits', 'unpacked_bytes', 'body_crc'] as const;
      const column = columns[at % columns.length]!;
      const value = Number(row[column]) + 1 + (other % 9);
      rows[chunk] = { ...row, [column]: column.endsWith('seq') ? String(value) : value };
    }
  }
  return { rows, touched: [chunk] };
}

/** The first commit that is not as it was, when all rows can be read and say what they hold. */
function firstDifference(rows: readonly ChunkRow[]): number | undefined {
  const stored: ChainedCommit[] = [];
  try {
    for (const row of rows)
      stored.push(
        ...unpackChunk({
          hashes: row.hashes,
          unpackedBytes: row.unpacked_bytes,
          bodyCrc: row.body_crc,
          body: row.body,
        }),
      );
  } catch {
    return undefined;
  }
  const was = sound.flat();
  for (let at = 0; at < Math.max(was.length, stored.length); at++) {
    const [is, should] = [stored[at], was[at]];
    if (is && should && textOf(is) === textOf(should)) continue;
    return Math.min(is?.seq ?? Number.POSITIVE_INFINITY, should?.seq ?? Number.POSITIVE_INFINITY);
  }
  return undefined;
}

function textOf({ seq, at, subject, data, hash }: ChainedCommit): string {
  return `${seq} ${at} ${subject} ${Buffer.from(data).toString('hex')} ${hash.toString('hex')}`;
}

describe('stored commits', () => {
  it('as they were stored: verified', () => expect(firstFault(sound.map(rowOf))).toBeUndefined());

  it('changed anywhere, 1,000 times: the first place is named', () =>
    fc.assert(
      fc.property(change, (each) => {
        const result = changed(each);
        fc.pre(result !== undefined);
        const { rows, touched } = result;
        const fault = firstFault(rows);
        expect(fault).toBeDefined();
        const first = Math.min(...touched.map((chunk) => sound[chunk]![0]!.seq));
        const last = Math.max(...touched.map((chunk) => sound[chunk]!.at(-1)!.seq));
        expect(fault!.seq).toBeGreaterThanOrEqual(first);
        // What was put in behind a chunk's last commit stands right after it.
        expect(fault!.seq).toBeLessThanOrEqual(last + 1);
        const exact = firstDifference(rows);
        if (each.how === 'flip hash' || each.how.endsWith('commit') || each.how === 'swap commits')
          expect(fault!.seq).toBe(exact);
      }),
      { numRuns: 1_000 },
    ));
});
