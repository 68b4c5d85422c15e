/** The host on the memory ledger: one writer, takeover, fencing, order by basis, snapshots. */
import { describe, expect, it } from 'vitest';
import { SubjectKind, cloudEvent, digestOfBytes, encodeCommit, subjects } from '@writ/contracts';
import type { AgentId, Decider, Fact, InvocationId, TenantId, ToolName } from '@writ/contracts';
import { memoryLedger } from '../memory/memory-ledger.ts';
import type { AppendFault, MemoryLedger } from '../memory/memory-ledger.ts';
import { DeciderHost } from './decider-host.ts';
import type { HostOptions } from './host-options.ts';
import type { Lease } from './lease.ts';
import { soleLease } from './lease.ts';
import { DeciderPath } from './path.ts';
import { memorySnapshots, stateText } from './snapshots.ts';
import type { SnapshotStore } from './snapshots.ts';

interface Echo {
  waiting: { tenant: TenantId; invocation: string }[];
  answered: string[];
}

/** Answers every request with a release of the same id; its state remembers the order in which it answered. */
const echo: Decider<Echo> = {
  name: 'echo',
  version: 1,
  writes: SubjectKind.budget,
  reads: new Set([SubjectKind.requests]),
  initial: () => ({ waiting: [], answered: [] }),
  evolve(state, fact) {
    if (fact.type === 'tool.requested') {
      for (const call of fact.data.calls)
        state.waiting.push({ tenant: fact.tenant, invocation: call.invocation });
    } else if (fact.type === 'budget.released') {
      state.waiting = state.waiting.filter(({ invocation }) => invocation !== fact.data.invocation);
      state.answered.push(fact.data.invocation);
    }
    return state;
  },
  react(state): readonly Fact[] {
    const next = state.waiting[0];
    if (!next) return [];
    const data = { invocation: next.invocation as InvocationId, reason: 'cancelled' as const };
    return [{ type: 'budget.released', tenant: next.tenant, data }];
  },
  snapshot: (state) => state as never,
  restore: (json) => structuredClone(json) as never,
};

let clock = 1_000;
const lab = 'lab' as TenantId;
const mill = 'mill' as TenantId;

function newLedger(fault?: () => AppendFault): MemoryLedger {
  return memoryLedger({ now: () => clock++, ...(fault ? { fault } : {}) });
}

function newHost(
  ledger: MemoryLedger,
  holder: string,
  more: Partial<HostOptions<Echo, undefined>> = {},
): DeciderHost<Echo> {
  return new DeciderHost<Echo>({
    decider: echo,
    ledger,
    lease: soleLease,
    holder,
    now: () => clock,
    offer: () => undefined,
    ...more,
  });
}

async function request(ledger: MemoryLedger, tenant: TenantId, ...invocations: string[]): Promise<void> {
  const calls = invocations.map((invocation) => ({
    invocation: invocation as InvocationId,
    tool: 'echo' as ToolName,
    inputs: {},
  }));
  const fact = {
    type: 'tool.requested',
    tenant,
    data: { calls, project: 'default', priority: 'normal' },
  } as Fact;
  const data = encodeCommit([cloudEvent(fact, `req-${invocations[0]}`, 'test', clock)]);
  await ledger.append({
    subject: subjects.requests(tenant, 'a' as AgentId),
    data,
    id: `req-${invocations[0]}`,
  });
}

/** Lets everything that is already possible happen: microtasks and immediate timers, no waiting. */
async function settle(): Promise<void> {
  for (let round = 0; round < 50; round++) await new Promise((resolve) => setImmediate(resolve));
}

function released(ledger: MemoryLedger): string[] {
  return ledger.commits
    .filter(({ subject }) => subject.endsWith('.budget'))
    .flatMap(
      ({ data }) =>
        JSON.parse(new TextDecoder().decode(data)) as { type: string; data: { invocation: string } }[],
    )
    .filter(({ type }) => type === 'budget.released')
    .map(({ data }) => data.invocation);
}

function replay(ledger: MemoryLedger): string {
  const path = new DeciderPath(echo);
  for (const commit of ledger.commits) if (path.receive(commit) === 'own') path.foldOwn(commit);
  path.closeOpen();
  path.foldHeld(path.seen);
  return stateText(echo.snapshot(path.state)).hash;
}

describe('a standby that has just begun to read', () => {
  it('is complete only when it has read what stood there', async () => {
    const ledger = newLedger();
    await request(ledger, lab, 'a', 'b');
    const fold = ledger.fold.bind(ledger);
    let deliver = (): void => undefined;
    ledger.fold = (from, sink) => fold(from, (commits) => (deliver = () => sink(commits)));
    const host = newHost(ledger, 'h1', {
      lease: { hold: async () => false, release: async () => undefined },
    });
    await host.start();
    await settle();
    expect([host.seen, host.complete]).toEqual([0, false]);
    deliver();
    expect([host.seen, host.complete]).toEqual([1, true]);
    await host.stop();
  });
});

describe('a host that leads', () => {
  it('answers what it owes once and stays quiet', async () => {
    const ledger = newLedger();
    const host = newHost(ledger, 'h1');
    await request(ledger, lab, 'a', 'b');
    await host.start();
    await settle();
    await request(ledger, lab, 'c');
    await settle();
    expect(released(ledger)).toEqual(['a', 'b', 'c']);
    await host.stop();
  });

  it('commits everything that one reaction owes a tenant as one commit', async () => {
    const ledger = newLedger();
    await request(ledger, lab, 'a', 'b');
    await request(ledger, mill, 'm');
    const host = newHost(ledger, 'h1');
    await host.start();
    await settle();
    const own = ledger.commits.filter(({ header }) => header('Writ-Reaction') !== undefined);
    expect(own.map(({ subject, header }) => [subject, header('Writ-Parts'), header('Writ-Indices')])).toEqual(
      [
        ['writ.lab.budget', '2', '0,1'],
        ['writ.mill.budget', '2', '2'],
      ],
    );
    await host.stop();
  });

  it('has the state that a replay of the ledger gives', async () => {
    const ledger = newLedger();
    const host = newHost(ledger, 'h1');
    await host.start();
    for (let i = 0; i < 40; i++) {
      await request(ledger, i % 3 ? lab : mill, `x${i}`);
      if (i % 7 === 0) await settle();
    }
    await settle();
    expect(stateText(echo.snapshot(host.state)).hash).toBe(replay(ledger));
    await host.stop();
  });
});

describe('a ledger that loses answers', () => {
  it('still gets every answer exactly once', async () => {
    let count = 0;
    const faults: AppendFault[] = ['none', 'answer-lost', 'lost', 'none', 'answer-lost'];
    const ledger = newLedger(() => faults[count++ % faults.length] as AppendFault);
    const host = newHost(ledger, 'h1');
    const wanted: string[] = [];
    await host.start();
    for (let i = 0; i < 10; i++) {
      wanted.push(`f${i}`);
      const before = ledger.commits.length;
      while (ledger.commits.length === before) await request(ledger, lab, `f${i}`);
      await expect.poll(() => released(ledger).includes(`f${i}`), { timeout: 5_000 }).toBe(true);
    }
    expect(new Set(released(ledger))).toEqual(new Set(wanted));
    expect(stateText(echo.snapshot(host.state)).hash).toBe(replay(ledger));
    await host.stop();
  });
});

describe('two hosts', () => {
  it('one leads at a time, and the standby goes on where the leader stopped', async () => {
    const ledger = newLedger();
    let owner = 'h1';
    const leaseOf = (holder: string): Lease => ({
      hold: () => Promise.resolve(owner === holder),
      release: () => Promise.resolve(),
    });
    const first = newHost(ledger, 'h1', { lease: leaseOf('h1') });
    const second = newHost(ledger, 'h2', { lease: leaseOf('h2') });
    await first.start();
    await second.start();
    await request(ledger, lab, 'a');
    await settle();
    expect([first.role, second.role]).toEqual(['leading', 'standby']);
    owner = 'h2';
    await second.campaign();
    await request(ledger, lab, 'b');
    await settle();
    expect([first.role, second.role]).toEqual(['standby', 'leading']);
    expect(released(ledger)).toEqual(['a', 'b']);
    expect(stateText(echo.snapshot(second.state)).hash).toBe(replay(ledger));
    await first.stop();
    await second.stop();
  });

  it('that both believe to lead never answer twice: the fence makes the older one step down', async () => {
    const ledger = newLedger();
    const first = newHost(ledger, 'h1');
    const second = newHost(ledger, 'h2');
    await first.start();
    await settle();
    await second.start();
    for (let i = 0; i < 20; i++) {
      await request(ledger, lab, `n${i}`);
      await settle();
    }
    const answers = released(ledger);
    expect(new Set(answers).size).toBe(answers.length);
    await expect.poll(() => released(ledger).length, { timeout: 5_000 }).toBe(20);
    await first.stop();
    await second.stop();
  });
});

describe('a leader whose snapshot is being stored', () => {
  it('goes on deciding, and stores its last state when it stops', async () => {
    const ledger = newLedger();
    const kept = memorySnapshots();
    const stored: (() => void)[] = [];
    const save: SnapshotStore['save'] = async (snapshot) => {
      await new Promise<void>((resolve) => stored.push(resolve));
      await kept.save(snapshot);
    };
    const host = newHost(ledger, 'h1', { snapshots: { ...kept, save }, snapshotEvery: 1 });
    await host.start();
    for (const id of ['a', 'b', 'c']) {
      await request(ledger, lab, id);
      await settle();
    }
    expect([stored.length, released(ledger)]).toEqual([1, ['a', 'b', 'c']]);
    const stopping = host.stop();
    stored[0]?.();
    await settle();
    stored[1]?.();
    await stopping;
    expect(digestOfBytes((await kept.load('echo', 1))?.state ?? '')).toBe(replay(ledger));
  });
});

describe('a host that stops', () => {
  it('leaves a snapshot from which the next one continues to the same state', async () => {
    const ledger = newLedger();
    const snapshots = memorySnapshots();
    const first = newHost(ledger, 'h1', { snapshots });
    await first.start();
    await request(ledger, lab, 'a', 'b');
    await settle();
    await first.stop();
    expect((await snapshots.load('echo', 1))?.basis).toBeGreaterThan(0);
    await request(ledger, mill, 'c');
    const second = newHost(ledger, 'h2', { snapshots });
    await second.start();
    await settle();
    expect(released(ledger)).toEqual(['a', 'b', 'c']);
    expect(stateText(echo.snapshot(second.state)).hash).toBe(replay(ledger));
    await second.stop();
  });
});
