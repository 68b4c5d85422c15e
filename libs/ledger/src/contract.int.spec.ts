/** One contract for every ledger: what the memory adapter promises in simulation, JetStream keeps in production. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MAX_COMMIT_BYTES } from '@writ/contracts';
import { eventually, startNats } from '@writ/testkit';
import type { NatsServer } from '@writ/testkit';
import { appendResolved } from './append.ts';
import { connectNats } from './jetstream/connect.ts';
import { ensureLedger } from './jetstream/ensure-ledger.ts';
import { jetstreamLedger } from './jetstream/jetstream-ledger.ts';
import { memoryLedger } from './memory/memory-ledger.ts';
import type { Append, Ledger, LedgerCommit } from './port.ts';

const BYTES = new TextEncoder().encode('[]');

function append(subject: string, id: string, expected?: number): Append {
  return {
    subject,
    id,
    data: BYTES,
    ...(expected === undefined ? {} : { expected }),
    headers: { 'Writ-Basis': id },
  };
}

async function collect(commits: AsyncIterable<LedgerCommit>): Promise<LedgerCommit[]> {
  const all: LedgerCommit[] = [];
  for await (const commit of commits) all.push(commit);
  return all;
}

const FULL_BYTES = 8 * 1024 * 1024;

let server: NatsServer;

beforeAll(async () => {
  server = await startNats();
});
afterAll(() => server.stop());

async function jetstreamBackend(): Promise<Ledger> {
  const connection = await connectNats({ url: server.url, name: 'contract' });
  await ensureLedger(connection, { maxBytes: FULL_BYTES });
  return jetstreamLedger(connection);
}

const memoryBackend = (): Promise<Ledger> => Promise.resolve(memoryLedger({ now: Date.now, maxCommits: 60 }));

describe.each([
  ['memory', memoryBackend],
  ['jetstream', jetstreamBackend],
])('the %s ledger', (_name, open) => {
  let ledger: Ledger;
  let last = 0;

  beforeAll(async () => {
    ledger = await open();
  });
  afterAll(() => ledger.close());

  it('empty: has no tail, no last sequence and nothing to read', async () => {
    expect(await ledger.lastSequence()).toBe(0);
    expect(await ledger.tail('writ.lab.budget')).toBeUndefined();
    expect(await collect(ledger.read())).toEqual([]);
  });

  it('a first commit expects 0 and gets the next sequence; the second must expect the first', async () => {
    const first = await ledger.append(append('writ.lab.budget', 'c1', 0));
    expect(first).toEqual({ status: 'committed', seq: 1 });
    expect(await ledger.append(append('writ.lab.budget', 'c2', 0))).toEqual({ status: 'conflict' });
    expect(await ledger.append(append('writ.lab.budget', 'c3', 1))).toEqual({ status: 'committed', seq: 2 });
  });

  it('sequence checks are by exact subject: another subject starts at 0', async () => {
    expect(await ledger.append(append('writ.lab.decisions', 'd1', 0))).toEqual({
      status: 'committed',
      seq: 3,
    });
    expect((await ledger.append(append('writ.lab.budget', 'c4', 2))).status).toBe('committed');
  });

  it('the tail is the last commit of that subject, with id, headers and time', async () => {
    const tail = await ledger.tail('writ.lab.budget');
    expect(tail).toMatchObject({ seq: 4, id: 'c4', subject: 'writ.lab.budget' });
    expect(tail?.header('Writ-Basis')).toBe('c4');
    expect(Math.abs((tail?.at ?? 0) - Date.now())).toBeLessThan(60_000);
  });

  it('reads everything in order, from a sequence, and by subject', async () => {
    expect((await collect(ledger.read())).map(({ id }) => id)).toEqual(['c1', 'c3', 'd1', 'c4']);
    expect((await collect(ledger.read({ from: 3 }))).map(({ seq }) => seq)).toEqual([3, 4]);
    expect((await collect(ledger.read({ subject: 'writ.lab.decisions' }))).map(({ id }) => id)).toEqual([
      'd1',
    ]);
    expect((await collect(ledger.read({ subject: 'writ.*.budget', from: 2 }))).map(({ id }) => id)).toEqual([
      'c3',
      'c4',
    ]);
    expect(await collect(ledger.read({ subject: 'writ.nobody.budget' }))).toEqual([]);
  });

  it('a fold gets what is there and what comes, in order and once, also from the middle', async () => {
    const whole: number[] = [];
    const middle: number[] = [];
    const a = await ledger.fold(1, (commits) => whole.push(...commits.map(({ seq }) => seq)));
    const b = await ledger.fold(3, (commits) => middle.push(...commits.map(({ seq }) => seq)));
    for (let i = 0; i < 30; i++) await ledger.append(append('writ.lab.requests.a', `r${i}`));
    last = await ledger.lastSequence();
    await eventually(() => whole.length === last && middle.length === last - 2, {
      withinMs: 10_000,
      what: 'both folds are complete',
    });
    expect(whole).toEqual(Array.from({ length: last }, (_, index) => index + 1));
    expect(middle).toEqual(whole.slice(2));
    await a.stop();
    await b.stop();
  });

  it('bursts go through all of it, at least a commit and no more than fits at a time, and end with nothing', async () => {
    const seen: LedgerCommit[] = [];
    for (let from = 1; ; from = (seen.at(-1)?.seq ?? 0) + 1) {
      const burst = await ledger.burst(from, 700);
      if (burst.length === 0) break;
      const bytes = burst.reduce((sum, { data }) => sum + data.length, 0);
      expect(burst.length === 1 || bytes <= 700).toBe(true);
      seen.push(...burst);
    }
    expect(seen.map(({ seq }) => seq)).toEqual(Array.from({ length: last }, (_, index) => index + 1));
    expect(seen.find(({ seq }) => seq === 1)).toMatchObject({ id: 'c1', subject: 'writ.lab.budget' });
    expect((await ledger.burst(2, 1)).map(({ seq }) => seq)).toEqual([2]);
    expect(await ledger.burst(last + 1, 700)).toEqual([]);
    await ledger.append(append('writ.lab.requests.a', 'after-burst'));
    expect((await ledger.burst(last + 1, 700)).map(({ id }) => id)).toEqual(['after-burst']);
  });

  it('a commit over the bound is refused before it is sent', async () => {
    const huge: Append = {
      subject: 'writ.lab.budget',
      id: 'huge',
      data: new Uint8Array(MAX_COMMIT_BYTES + 1),
    };
    await expect(ledger.append(huge)).rejects.toMatchObject({ code: 'too-large' });
  });

  it('of two writers that expect the same exactly one commits', async () => {
    const seq = (await ledger.tail('writ.lab.budget'))?.seq ?? 0;
    const results = await Promise.all(
      [1, 2, 3].map((n) => ledger.append(append('writ.lab.budget', `race${n}`, seq))),
    );
    expect(results.filter(({ status }) => status === 'committed')).toHaveLength(1);
  });

  it('appendResolved answers committed for what stands there already under its id', async () => {
    const tail = (await ledger.tail('writ.lab.budget')) as LedgerCommit;
    const result = await appendResolved(ledger, append('writ.lab.schedule', 's1', 0));
    expect(result.status).toBe('committed');
    expect(tail.seq).toBeGreaterThan(0);
  });

  it('full: says so with a code that can be retried, and keeps what it has', async () => {
    const data = new Uint8Array(MAX_COMMIT_BYTES - 1_000);
    const fill = async (): Promise<void> => {
      for (let i = 0; i < 100; i++)
        await ledger.append({ subject: 'writ.lab.requests.a', id: `fill${i}`, data });
    };
    await expect(fill()).rejects.toMatchObject({ code: 'stream-full', retryable: true });
    expect(await ledger.tail('writ.lab.budget')).toBeDefined();
  });
});

describe('a JetStream ledger whose server is killed', () => {
  it('stores an append of unknown result exactly once and its folds go on', async () => {
    const mortal = await startNats();
    const connection = await connectNats({ url: mortal.url, name: 'mortal' });
    await ensureLedger(connection);
    const ledger = jetstreamLedger(connection);
    const seen: string[] = [];
    const fold = await ledger.fold(1, (commits) => seen.push(...commits.map(({ id }) => id ?? '?')));
    let expected = 0;
    for (let round = 0; round < 3; round++) {
      const pending = appendResolved(ledger, append('writ.lab.budget', `k${round}`, expected));
      await mortal.kill();
      await mortal.start();
      const result = await pending;
      expect(result.status).toBe('committed');
      expected = result.status === 'committed' ? result.seq : 0;
    }
    const stored = (await collect(ledger.read())).map(({ id }) => id);
    expect(stored).toEqual(['k0', 'k1', 'k2']);
    await eventually(() => seen.length === 3, { withinMs: 20_000, what: 'the fold has seen all three' });
    expect(seen).toEqual(stored);
    await fold.stop();
    await ledger.close();
    await mortal.stop();
  });

  it('keeps an append that comes while it is away, and stores it once it is back', async () => {
    const mortal = await startNats();
    const connection = await connectNats({ url: mortal.url, name: 'mortal' });
    await ensureLedger(connection);
    const ledger = jetstreamLedger(connection);
    const away = (async () => {
      for await (const { type } of connection.status()) if (type === 'disconnect') return;
    })();
    await mortal.kill();
    await away;
    const pending = ledger.append(append('writ.lab.budget', 'meanwhile', 0));
    await mortal.start();
    // Handed to the client at once it would be forgotten with the first attempt to connect, and be unknown 5 s later.
    expect(await pending).toMatchObject({ status: 'committed' });
    await ledger.close();
    await mortal.stop();
  });
});
