/** What people see and say about approvals on the command line. */
import { beforeEach, describe, expect, it } from 'vitest';
import { decodeCommit } from '@writ/contracts';
import { ScriptedSuite } from '../test/scripted-suite.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;
const ASKED_AT = 1_700_000_000_000;
const stage = { afterSeconds: 60, approvers: ['directors'] };
const APPROVAL = {
  invocation: '0190-abc',
  agent: 'screener',
  tool: 'dock',
  project: 'lab',
  campaign: 'fall',
  argsDigest: DIGEST,
  inputs: { n: 3, key: '[redacted]' },
  terms: {
    approvers: ['pi'],
    quorum: 2,
    expiresAtMs: ASKED_AT + 600_000,
    askedAtMs: ASKED_AT,
    demands: [{ policies: ['costly'], approvers: ['pi'], quorum: 2, escalate: [stage] }],
  },
  ceiling: { 'node-hours': '1200500000', calls: '1000000' },
  policies: ['costly'],
  rules: [{ policy: 'costly', because: 'tool.cost = 1200.5 node-hours' }],
  asked: ['pi'],
  waitingFor: ['ada', 'lise'],
  barred: ['screener', 'owen'],
  mayBreakGlass: ['ada'],
  escalatesAtMs: ASKED_AT + 60_000,
  votes: [{ by: 'bob', vote: 'approve', inNameOf: 'grace' }],
  history: { granted: 4, denied: 1, expired: 0, latest: [{ tool: 'dock', outcome: 'denied', at: ASKED_AT }] },
  justification: 'deadline',
};
const OTHER = { ...APPROVAL, invocation: '0191-def', waitingFor: ['lise'] };
const NOTHING = { standing: [], delegations: [] };
const BALANCE = {
  account: 'lab',
  unit: 'node-hours',
  limit: '5000000000',
  spent: '0',
  held: '1200500000',
  free: '3799500000',
};

let suite: ScriptedSuite;
const published = () => suite.ledger.commits.flatMap((commit) => decodeCommit(commit));

beforeEach(() => {
  suite = new ScriptedSuite()
    .answer('policy.approvals', { approvals: [APPROVAL, OTHER] })
    .answer('policy.given', NOTHING)
    .answer('budget.balances', { balances: [BALANCE] });
});

describe('writ approvals', () => {
  it('of one call: tells all that is needed to decide it', async () => {
    expect(await suite.run('approvals', '0190')).toBe(0);
    for (const line of [
      /^agent +screener, owned by owen for lab\/fall$/m,
      /"key": "\[redacted\]"/,
      /^ceiling +1200\.5 node-hours, 1 calls$/m,
      /^left after +3799\.5 of 5000 node-hours in lab$/m,
      /^rule +costly: tool\.cost = 1200\.5 node-hours$/m,
      /^approvers +pi \(waits for ada, lise\)$/m,
      /^votes +1 of 2: bob approves in the name of grace$/m,
      /^history +4 granted, 1 denied, 0 ran out$/m,
      /^history +dock, denied 2023-/m,
      /^unanswered +2023-11-14T22:14:20\.000Z directors are asked too; 2023-11-14T22:23:20\.000Z it is denied$/m,
    ])
      expect(suite.out).toMatch(line);
  });
  it('over a soft limit: tells which, and by how much', async () => {
    const over = {
      account: 'lab',
      unit: 'usd',
      asked: '5000000',
      softLimit: '10000000',
      limit: '20000000',
      spent: '8000000',
      held: '1000000',
    };
    suite.answer('policy.approvals', { approvals: [{ ...APPROVAL, over: [over] }] });
    await suite.run('approvals', '0190');
    expect(suite.out).toMatch(/^soft limit +lab has used or held 9 usd; 5 more pass its soft limit of 10$/m);
  });
  it('--mine: those that wait for me, or for who lent me a vote', async () => {
    expect(await suite.run('approvals', '--mine', '--json')).toBe(0);
    expect(JSON.parse(suite.out)).toMatchObject([{ invocation: '0190-abc' }]);
    suite.answer('policy.given', { ...NOTHING, delegations: [{ from: 'lise', to: 'ada', untilMs: 0 }] });
    await suite.run('approvals', '--mine', '--json');
    expect(JSON.parse(suite.out)).toHaveLength(2);
  });
  it('--given: what was given ahead', async () => {
    const standing = {
      standing: 's1',
      by: 'ada',
      tool: 'dock',
      project: 'lab',
      condition: 'args.n <= 3',
      endsAtMs: ASKED_AT,
      usesLeft: 2,
      costLeft: { 'node-hours': '5000000' },
    };
    suite.answer('policy.given', {
      standing: [standing],
      delegations: [{ from: 'lise', to: 'ada', untilMs: ASKED_AT }],
    });
    expect(await suite.run('approvals', '--given')).toBe(0);
    expect(suite.out).toMatch(/^s1 +ada +lab: dock +args\.n <= 3 +2 +5 node-hours +2023-/m);
    expect(suite.out).toMatch(/^lise +ada +2023-/m);
  });
});

describe('writ approve', () => {
  it('--like: one commit with the vote and a standing grant at this call’s ceiling a use', async () => {
    expect(await suite.run('approve', '0190', '--like', 'args.n <= 3', '--uses', '4', '--for', '2h')).toBe(0);
    expect(suite.ledger.commits).toHaveLength(1);
    expect(published()).toMatchObject([
      { type: 'approval.voted', data: { vote: 'approve' } },
      {
        type: 'standing.granted',
        data: {
          tool: 'dock',
          project: 'lab',
          condition: 'args.n <= 3',
          maxUses: 4,
          maxCost: { 'node-hours': '4802000000' },
          lastsSeconds: 7_200,
        },
      },
    ]);
    expect(suite.out).toContain('is not in force');
  });
  it.each([
    [['--like', 'tool.cost > 1 node-hours'], 'only look at the arguments'],
    [['--like', 'args.n <='], '--like'],
    [['--like', 'true', '--for', '9h'], 'at most 8h'],
    [['--like', 'true', '--uses', '0'], 'from 1 to 10000'],
    [['--like', 'true', '--max-cost', '5'], 'amounts with units'],
    [['--break-glass'], 'needs --reason'],
  ])('%j: exits 2, publishes nothing, and says what would be right', async (args, message) => {
    expect(await suite.run('approve', '0190', ...args)).toBe(2);
    expect(suite.err).toContain(message);
    expect(suite.ledger.commits).toHaveLength(0);
  });
  it('--break-glass: only for whom a rule names', async () => {
    expect(await suite.run('approve', '0190', '--break-glass', '--reason', 'fire')).toBe(0);
    expect(published()).toMatchObject([{ data: { breakGlass: true, reason: 'fire' } }]);
    suite.answer('policy.approvals', { approvals: [{ ...APPROVAL, mayBreakGlass: ['emmy'] }] });
    expect(await suite.run('approve', '0190', '--break-glass', '--reason', 'fire')).toBe(2);
    expect(suite.err).toContain('only emmy may');
  });
  it('by the owner of the agent: exits 2, because the vote would not count', async () => {
    suite.answer('policy.approvals', { approvals: [{ ...APPROVAL, barred: ['screener', 'ada'] }] });
    expect(await suite.run('approve', '0190')).toBe(2);
    expect(suite.err).toContain('ada answers for the agent screener');
  });
});

describe('writ delegate and writ withdraw', () => {
  it('delegate: from now for so long, or no longer', async () => {
    expect(await suite.run('delegate', 'bob', '--for', '2d', '--reason', 'holiday')).toBe(0);
    expect(await suite.run('delegate', 'bob', '--end')).toBe(0);
    const [lent, ended] = published().map(({ data }) => data as { to: string; untilMs: number });
    expect(lent).toMatchObject({ to: 'bob', reason: 'holiday' });
    expect((lent?.untilMs ?? 0) - (ended?.untilMs ?? 0)).toBeGreaterThan(47 * 3_600_000);
  });
  it('withdraw: only what one has given', async () => {
    expect(await suite.run('withdraw', 's1')).toBe(2);
    expect(suite.err).toContain('ada has given no standing grant "s1"; none is in force');
  });
});
