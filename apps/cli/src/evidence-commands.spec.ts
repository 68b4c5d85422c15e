import { CHAIN_GENESIS, chainHash } from '@writ/contracts';
import type { Fact, TenantId } from '@writ/contracts';
import { foldRecord } from '@writ/provenance';
import { beforeEach, describe, expect, it } from 'vitest';
import { LAB, ScriptedSuite } from '../test/scripted-suite.ts';

let suite: ScriptedSuite;

beforeEach(() => {
  suite = new ScriptedSuite();
});

const LISTED = {
  invocation: '0190-abc',
  seq: 12,
  agent: 'screener',
  tool: 'quantum_chemistry',
  project: 'lab',
  campaign: 'c1',
  stage: 'denied',
  executor: null,
  attempts: 0,
  asked: '2026-01-01T00:00:00.000Z',
  ended: '2026-01-01T00:00:01.000Z',
};

const RETIRED: Fact = { type: 'tool.retired', tenant: LAB, data: { tool: 'x' } } as Fact;

/** What the audit would have stored of the ledger. */
function storedLinks(tenant: TenantId): { seq: number; at: number; hash: string }[] {
  let head: Uint8Array = CHAIN_GENESIS;
  return suite.ledger.commits
    .filter(({ subject }) => subject.startsWith(`writ.${tenant}.`))
    .map(({ seq, at, subject, data }) => {
      const hash = chainHash(head, seq, subject, data);
      head = hash;
      return { seq, at, hash: hash.toString('hex') };
    });
}

describe('writ log and writ search', () => {
  it('with matches: are a table, and say how to go on', async () => {
    suite.answer('audit.search', { invocations: [LISTED], next: '12.0190-abc' });
    expect(await suite.run('search', '--stage', 'denied')).toBe(0);
    expect(suite.out.split('\n')).toEqual([
      expect.stringMatching(/^ASKED +INVOCATION +STAGE +TOOL +AGENT +PROJECT\/CAMPAIGN +EXECUTOR$/),
      expect.stringMatching(/^2026-01-01 00:00:00 +0190-abc +denied +quantum_chemistry +screener +lab\/c1/),
      'more: --after 12.0190-abc',
    ]);
    expect(await suite.run('log', '--json')).toBe(0);
    expect(JSON.parse(suite.out)).toEqual({ invocations: [LISTED], next: '12.0190-abc' });
  });

  it('without: say so; with a limit that is none: exit 2', async () => {
    suite.answer('audit.search', { invocations: [] });
    expect(await suite.run('log')).toBe(0);
    expect(suite.out).toBe('no call matches');
    expect(await suite.run('log', '-n', '0')).toBe(2);
  });
});

describe('writ show', () => {
  beforeEach(() => void suite.answer('audit.lineage', { links: [] }));

  it('of a call: who asked for what, and how it stands', async () => {
    const calls = [{ invocation: '0190-abc', tool: 'dock', inputs: { smiles: 'CCO' } }];
    const data = { calls, project: 'lab', campaign: 'c1', priority: 'normal' };
    const fact = { type: 'tool.requested', tenant: LAB, origin: 'screener', seq: 3, at: 0, data };
    suite.answer('audit.show', { record: foldRecord(undefined, fact as never, 0) });
    expect(await suite.run('show', '0190-abc')).toBe(0);
    expect(suite.out).toMatch(/^invocation +0190-abc {2}requested$/m);
    expect(suite.out).toMatch(/^who +screener, lab, c1$/m);
    expect(suite.out).toMatch(/^inputs +\{"smiles":"CCO"\}$/m);
    expect(suite.out).toMatch(/^ledger +requested 3$/m);
  });

  it('of a call with everything that is recorded about it: says it all', async () => {
    const calls = [{ invocation: 'b', tool: 'dock', inputs: {} }];
    const flow = { run: 'r1', node: 'decide', attempt: 2 };
    const more = { causedBy: ['a'], onBehalfOf: 'heidi', flow };
    const data = { calls, project: 'lab', priority: 'normal', ...more };
    const fact = { type: 'tool.requested', tenant: LAB, origin: 'screener', seq: 3, at: 0, data };
    const tool = { version: '1.4', class: 'NETWORK', effects: 'once', pool: 'gpu', seq: 1 };
    const circumstances = [{ tool, owner: 'grace@lab' }];
    suite.answer('audit.show', { record: foldRecord(undefined, fact as never, 0), circumstances });
    suite.answer('audit.lineage', { links: [{ kind: 'calls', seq: 4, calls: ['c'], causedBy: ['b'] }] });
    expect(await suite.run('show', 'b')).toBe(0);
    expect(suite.out).toMatch(/^who +screener, of grace@lab, for heidi, lab$/m);
    expect(suite.out).toMatch(/^node +decide of run r1, attempt 2$/m);
    expect(suite.out).toMatch(/^caused by +a$/m);
    expect(suite.out).toMatch(/^led to +c$/m);
    suite.answer('audit.lineage', { links: [], next: 9 });
    expect(await suite.run('show', 'b')).toBe(0);
    expect(suite.out).toMatch(/^led to +perhaps more: see writ lineage$/m);
    expect(suite.out).toMatch(/^what +dock {2}version 1\.4 {2}NETWORK$/m);
  });

  it('of what nobody asked for: exits 2', async () => {
    suite.answer('audit.show', {});
    expect(await suite.run('show', 'ghost')).toBe(2);
    expect(suite.err).toBe('writ: nobody asked for "ghost" in tenant lab: see writ log');
  });
});

describe('writ verify', () => {
  beforeEach(async () => {
    for (const subject of ['writ.lab.catalog', 'writ.globex.catalog', 'writ.lab.catalog'])
      await suite.recorded(RETIRED, subject);
  });

  it('when stream and record agree: says on how many commits', async () => {
    suite.answer('audit.chain', { links: storedLinks(LAB), asOf: 3, more: false });
    suite.answer('audit.rows', { rows: [], asOf: 3, more: false });
    expect(await suite.run('verify')).toBe(0);
    expect(suite.out).toBe(
      'verified: stream, hash chain and record of lab agree on 2 commits and 0 calls, up to ledger sequence 3',
    );
  });

  it('when a row differs: exits 1 and says how', async () => {
    suite.answer('audit.chain', { links: storedLinks(LAB), asOf: 3, more: false });
    const row = { invocation: 'ghost', first: 2, last: 2, columns: {} };
    suite.answer('audit.rows', { rows: [row], asOf: 3, more: false });
    expect(await suite.run('verify')).toBe(1);
    expect(suite.out).toBe(
      'differs at ledger sequence 2: the row of ghost is recorded, but nobody asked for it',
    );
  });

  it('when they differ: exits 1 and names the first place', async () => {
    const [first, second] = storedLinks(LAB);
    suite.answer('audit.chain', { links: [first, { ...second, hash: 'ff' }], asOf: 3, more: false });
    expect(await suite.run('verify', '--json')).toBe(1);
    expect(JSON.parse(suite.out)).toMatchObject({ checked: 1, fault: { seq: 3 } });
    suite.answer('audit.chain', { links: [second], asOf: 3, more: false });
    expect(await suite.run('verify')).toBe(1);
    expect(suite.out).toContain(
      'differs at ledger sequence 1: this commit is in the stream, but not recorded',
    );
  });
});
