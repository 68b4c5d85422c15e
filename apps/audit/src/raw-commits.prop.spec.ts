/** Raw commits of any sizes and times, until they are stored: each can be found, and chunks hold all of them, chained. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CHAIN_GENESIS } from '@writ/contracts';
import type { StoredCommit, TenantId } from '@writ/contracts';
import { AT } from '../test/calls.ts';
import { chained } from '../test/chained.ts';
import { unpackChunk } from './chunk.ts';
import type { ChainedCommit } from './chunk.ts';
import { CHUNK_BYTES } from './limits.ts';
import { monthOf } from './months.ts';
import { RawCommits } from './raw-commits.ts';

const ONE = 'one' as TenantId;
const OTHER = 'other' as TenantId;
const A_MONTH_MS = 31 * 86_400_000;

const any = fc.record({
  tenant: fc.constantFrom(ONE, ONE, OTHER),
  bytes: fc.oneof(
    fc.integer({ min: 1, max: 2_000 }),
    fc.integer({ min: CHUNK_BYTES >> 2, max: CHUNK_BYTES + 1 }),
  ),
  passes: fc.constantFrom(0, 0, 0, 0, 0, A_MONTH_MS),
});

type Made = StoredCommit & { readonly tenant: TenantId };

function made(of: readonly { tenant: TenantId; bytes: number; passes: number }[]): Made[] {
  let at = AT;
  return of.map(({ tenant, bytes, passes }, index) => {
    at += 1 + passes;
    const subject = `writ.${tenant}.requests.alpha`;
    return { tenant, seq: index + 1, at, subject, data: Buffer.alloc(bytes, index) };
  });
}

function opened(): RawCommits {
  const raw = new RawCommits();
  for (const tenant of [ONE, OTHER]) raw.goOn(tenant, CHAIN_GENESIS);
  return raw;
}

function found(raw: RawCommits, commits: readonly Made[]): (string | undefined)[] {
  return commits.map(({ tenant, seq }) => {
    const commit = raw.find(tenant, seq);
    return commit && plain({ ...commit, tenant });
  });
}

/** Bytes are compared as text: that of a long one takes no time. */
function plain({ tenant, seq, at, subject, data }: Made): string {
  return [tenant, seq, at, subject, Buffer.from(data).toString('latin1')].join(' ');
}

function linked(tenant: TenantId, commit: ChainedCommit): string {
  return `${plain({ ...commit, tenant })} ${commit.hash.toString('hex')}`;
}

describe('raw commits', () => {
  it('are found while they wait and while they are stored, and not after', () =>
    fc.assert(
      fc.property(fc.array(any, { maxLength: 12 }), fc.array(any, { maxLength: 12 }), (early, late) => {
        const all = made([...early, ...late]);
        const [first, then] = [all.slice(0, early.length), all.slice(early.length)];
        const raw = opened();
        for (const commit of first) raw.add(commit.tenant, commit);
        expect(found(raw, first)).toEqual(first.map(plain));
        raw.takeChunks();
        for (const commit of then) raw.add(commit.tenant, commit);
        expect(found(raw, all)).toEqual(all.map(plain));
        raw.stored();
        expect(found(raw, first)).toEqual(first.map(() => undefined));
        expect(found(raw, then)).toEqual(then.map(plain));
      }),
    ));

  it('are all in chunks, in order and chained, each of one month and no longer than it may be', () =>
    fc.assert(
      fc.property(fc.array(any, { maxLength: 20 }), (some) => {
        const commits = made(some);
        const raw = opened();
        for (const commit of commits) raw.add(commit.tenant, commit);
        const chunks = raw.takeChunks().map((chunk) => ({ ...chunk, commits: unpackChunk(chunk) }));
        for (const tenant of [ONE, OTHER]) {
          const stored = chunks.filter((chunk) => chunk.tenant === tenant).flatMap((chunk) => chunk.commits);
          expect(stored.map((commit) => linked(tenant, commit))).toEqual(
            chained(commits.filter((commit) => commit.tenant === tenant)).map((commit) =>
              linked(tenant, commit),
            ),
          );
        }
        for (const chunk of chunks) {
          expect(new Set(chunk.commits.map(({ at }) => monthOf(at))).size).toBe(1);
          const bytes = chunk.commits.reduce((sum, { data }) => sum + data.length, 0);
          expect(chunk.commits.length === 1 || bytes <= CHUNK_BYTES).toBe(true);
        }
      }),
    ));
});
