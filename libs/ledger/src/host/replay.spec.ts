/** Decisions made again, on ledgers that a host wrote and somebody changed. */
import { beforeEach, describe, expect, it } from 'vitest';
import { SubjectKind, encodeEvent, parseSubject, subjects } from '@writ/contracts';
import type { AgentId, Decider, Fact, InvocationId, TenantId } from '@writ/contracts';
import { memoryLedger } from '../memory/memory-ledger.ts';
import type { MemoryLedger } from '../memory/memory-ledger.ts';
import type { LedgerCommit } from '../port.ts';
import { DeciderHost } from './decider-host.ts';
import { soleLease } from './lease.ts';
import { Replay } from './replay.ts';
import type { Difference, ReplayCounts, Witness } from './replay.ts';

interface Till {
  waiting: { tenant: TenantId; invocation: InvocationId }[];
  sold: number;
}

type Desk = { readonly open: readonly string[] };

/** Releases every call that is asked for, numbered; those of a tenant `later` only to a desk that is open. */
const till: Decider<Till, Desk> = {
  name: 'till',
  version: 3,
  writes: SubjectKind.budget,
  reads: new Set([SubjectKind.requests]),
  initial: () => ({ waiting: [], sold: 0 }),
  evolve(state, fact) {
    if (fact.type === 'tool.requested') {
      const { tenant } = fact;
      for (const { invocation } of fact.data.calls) state.waiting.push({ tenant, invocation });
    } else if (fact.type === 'budget.released') {
      state.waiting = state.waiting.filter(({ invocation }) => invocation !== fact.data.invocation);
      state.sold += 1;
    }
    return state;
  },
  react({ waiting, sold }, now, { open }): readonly Fact[] {
    const next = waiting.find(({ tenant }) => tenant !== LATER || open.length > 0);
    if (!next) return [];
    const desk = next.tenant === LATER ? { desk: open[0] } : {};
    const data = { invocation: next.invocation, reason: 'cancelled' as const, sold, now, ...desk };
    return [{ type: 'budget.released', tenant: next.tenant, data }];
  },
  snapshot: (state) => state as never,
  restore: (json) => structuredClone(json) as never,
};

const LAB = 'lab' as TenantId;
const MILL = 'mill' as TenantId;
const LATER = 'later' as TenantId;

const witness: Witness<Till, Desk> = {
  nothing: { open: [] },
  offerFor: (_state, next) => {
    const { desk } = next.data as { readonly desk?: string };
    return desk === undefined ? undefined : { open: [desk] };
  },
};

let ledger: MemoryLedger;
let desks: readonly string[];

beforeEach(() => {
  desks = ['d1'];
  let clock = 1_000;
  ledger = memoryLedger({ now: () => clock++ });
});

async function asked(tenant: TenantId, ...invocations: string[]): Promise<void> {
  const calls = invocations.map((invocation) => ({ invocation, tool: 'echo', inputs: {} }));
  const data = { calls, project: 'default', priority: 'normal' };
  const id = `ask-${invocations[0]}`;
  const text = encodeEvent({ type: 'tool.requested', tenant, data } as unknown as Fact, id, 'test', '');
  await ledger.append({ subject: subjects.requests(tenant, 'a' as AgentId), data: Buffer.from(text), id });
}

/** Everything that is owed is decided, by a process of its own. */
async function decided(life = 'h1'): Promise<void> {
  let left = 200;
  const host = new DeciderHost({
    decider: till,
    ledger,
    lease: soleLease,
    holder: life,
    now: () => 5_000,
    offer: () => ({ open: desks }),
    tickMs: 0,
    renewMs: 0,
  });
  await host.start();
  while (left-- > 0) await new Promise((resolve) => setImmediate(resolve));
  await host.stop();
}

function replayed(
  commits: readonly LedgerCommit[],
  tenant?: TenantId,
): { counts: ReplayCounts; differences: Difference[] } {
  const differences: Difference[] = [];
  const onDifference = (one: Difference): void => void differences.push(one);
  const replay = new Replay({ decider: till, witness, tenant, onDifference });
  for (const commit of commits) replay.receive(commit);
  return { counts: replay.counts, differences };
}

/** The ledger with other own facts than those that were recorded. */
function tampered(change: (facts: Record<string, unknown>[]) => Record<string, unknown>[]): LedgerCommit[] {
  return ledger.commits.map((commit) => {
    if (parseSubject(commit.subject)?.kind !== SubjectKind.budget || !commit.header('Writ-Reaction'))
      return commit;
    const events = JSON.parse(Buffer.from(commit.data).toString()) as { data: Record<string, unknown> }[];
    const data = change(events.map((event) => event.data));
    const changed = data.map((one) => ({ ...events[0], data: one }));
    return { ...commit, data: Buffer.from(JSON.stringify(changed)) };
  });
}

const told = ({ differences }: { differences: readonly Difference[] }): unknown[] =>
  differences.map(({ kind, recorded, derived }) => [kind, nameOf(recorded), nameOf(derived)]);
const nameOf = (fact: Difference['recorded']): string | undefined =>
  (fact?.data as { invocation?: string } | undefined)?.invocation;

describe('a ledger as its host wrote it', () => {
  it('of several tenants and more than one commit holds: comes out the same', async () => {
    await asked(LAB, ...Array.from({ length: 150 }, (_, index) => `c${index}`));
    await asked(MILL, 'm1', 'm2');
    await decided();
    expect(replayed(ledger.commits)).toEqual({
      counts: { same: 152, possible: 0, partial: 0, differences: 0 },
      differences: [],
    });
  });

  it('with what depended on an offer: comes out the same under the offer that it shows', async () => {
    await asked(LATER, 'l1', 'l2');
    await asked(LAB, 'a');
    await decided();
    expect(replayed(ledger.commits)).toMatchObject({ counts: { same: 3 }, differences: [] });
  });

  it('with a reaction that a crash cut short: folds what stands of it, and decides the rest again', async () => {
    await asked(LAB, 'a');
    await asked(MILL, 'm');
    await decided('h1');
    // The process died when the first part of its reaction stood.
    const cut = ledger.commits.slice(
      0,
      1 + ledger.commits.findIndex(({ header }) => header('Writ-Reaction')),
    );
    ledger = memoryLedger({ now: () => 1_000 });
    for (const { subject, data, id = '', header } of cut) {
      const names = ['Writ-Basis', 'Writ-Reaction', 'Writ-Parts', 'Writ-Indices', 'Writ-Types', 'Writ-Now'];
      const headers = Object.fromEntries(
        names.flatMap((name) => (header(name) ? [[name, header(name) ?? '']] : [])),
      );
      await ledger.append({ subject, data, id, headers });
    }
    await decided('h2');
    expect(replayed(ledger.commits)).toMatchObject({ counts: { same: 1, partial: 1 }, differences: [] });
  });

  it('for one tenant: counts only what was decided for it', async () => {
    await asked(LAB, 'a', 'b');
    await asked(MILL, 'm');
    await decided();
    expect(replayed(ledger.commits, MILL).counts).toMatchObject({ same: 1 });
  });
});

describe('a ledger that was changed', () => {
  beforeEach(async () => {
    await asked(LAB, 'a', 'b', 'c');
    await decided();
  });

  it('in a field: tells what is recorded and what follows, where, and by which fold', async () => {
    await decided('h2');
    await asked(LAB, 'd');
    await decided('h3');
    const changed = tampered((facts) =>
      facts.map((one) => (one['invocation'] === 'd' ? { ...one, sold: 7 } : one)),
    );
    const commit = ledger.commits.findLast(({ header }) => header('Writ-Reaction'));
    expect(replayed(changed).differences).toEqual([
      {
        kind: 'changed',
        service: 'till',
        tenant: LAB,
        seq: commit?.seq,
        basis: Number(commit?.header('Writ-Basis')),
        now: 5_000,
        version: 3,
        recorded: {
          type: 'budget.released',
          data: { invocation: 'd', reason: 'cancelled', sold: 7, now: 5_000 },
        },
        derived: {
          type: 'budget.released',
          data: { invocation: 'd', reason: 'cancelled', sold: 3, now: 5_000 },
        },
      },
    ]);
  });

  it.each([
    ['by one that is left out: it is missing, the others follow', ['a', 'c'], [['missing', undefined, 'b']]],
    ['by the last one that is left out: it is missing', ['a', 'b'], [['missing', undefined, 'c']]],
    ['by one that nobody asked for: it is unfounded', ['a', 'x', 'b', 'c'], [['unfounded', 'x', 'b']]],
    ['in its order: one is unfounded where it stands', ['b', 'a', 'c'], [['unfounded', 'b', 'a']]],
  ])('%s', (_what, order, differences) => {
    const changed = tampered((facts) =>
      order.map((invocation, sold) => ({
        ...facts[0],
        invocation,
        sold: invocation === 'x' ? -1 : sold,
      })),
    );
    expect(told(replayed(changed)).slice(0, 1)).toEqual(differences);
  });

  it('in what depended on an offer: is told, and does not hide what comes after it', async () => {
    await asked(LATER, 'l1', 'l2', 'l3', 'l4');
    await decided('h2');
    const changed = tampered((facts) =>
      facts.map((one) => (one['invocation'] === 'l2' ? { ...one, invocation: 'l4' } : one)),
    );
    expect(told(replayed(changed))[0]).toEqual(['unfounded', 'l4', 'l2']);
    expect(replayed(changed).counts.differences).toBeLessThan(4);
  });
});
