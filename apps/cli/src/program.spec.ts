import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeCommit } from '@writ/contracts';
import type { Fact, TenantId } from '@writ/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LAB, ScriptedSuite } from '../test/scripted-suite.ts';

let suite: ScriptedSuite;
let folder: string;

beforeEach(() => {
  suite = new ScriptedSuite();
  folder = mkdtempSync(join(tmpdir(), 'writ-cli-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

const APPROVAL = {
  invocation: '0190-abc',
  agent: 'screener',
  tool: 'quantum_chemistry',
  argsDigest: `sha256:${'a'.repeat(64)}`,
  terms: { approvers: ['chemists'], quorum: 1, expiresAtMs: 1_700_000_000_000 },
  ceiling: { 'node-hours': '1200500000' },
  policies: ['limit-expensive-simulations'],
};

describe('writ approvals', () => {
  it('with open ones: is a table', async () => {
    suite.answer('policy.approvals', { approvals: [APPROVAL] });
    expect(await suite.run('approvals')).toBe(0);
    expect(suite.out.split('\n')).toEqual([
      expect.stringMatching(/^INVOCATION +TOOL +AGENT +CEILING +POLICIES +VOTES +WAITS FOR +EXPIRES$/),
      expect.stringMatching(
        /^0190-abc +quantum_chemistry +screener +1200.5 node-hours +limit-expensive-simulations +0 of 1 +anyone +2023-/,
      ),
    ]);
  });

  it('when the policy service is away: exits 3', async () => {
    expect(await suite.run('approvals')).toBe(3);
    expect(suite.err).toBe('writ: nobody answers on writ.lab.api.policy.approvals');
  });
});

describe('writ approve and writ deny', () => {
  it('publish a vote over the arguments that the voter saw, and show them', async () => {
    suite.answer('policy.approvals', { approvals: [APPROVAL] });
    expect(await suite.run('approve', '0190', '--reason', 'within plan')).toBe(0);
    const [commit] = suite.ledger.commits;
    expect(commit?.subject).toBe('writ.lab.approvals.ada');
    expect(suite.ledger.commits.flatMap((stored) => decodeCommit(stored))).toMatchObject([
      {
        type: 'approval.voted',
        origin: 'ada',
        data: {
          invocation: '0190-abc',
          vote: 'approve',
          argsDigest: APPROVAL.argsDigest,
          reason: 'within plan',
        },
      },
    ]);
    expect(suite.out).toMatch(/arguments +sha256:aaaa/);
    expect(suite.out).toMatch(/ceiling +1200\.5 node-hours/);
    expect(suite.out).toMatch(/approved by ada$/);
  });

  it('of what is not open: exits 2 and lists what is', async () => {
    suite.answer('policy.approvals', { approvals: [APPROVAL] });
    expect(await suite.run('deny', '0200', '--reason', 'no')).toBe(2);
    expect(suite.err).toBe('writ: no approval of "0200" is open; open: 0190-abc');
  });

  it('deny without a reason: exits 2', async () => {
    expect(await suite.run('deny', '0190')).toBe(2);
    expect(suite.err).toContain("required option '--reason <text>' not specified");
  });

  it('by somebody who may not: exits 3', async () => {
    suite.answer('policy.approvals', { approvals: [APPROVAL] }).refuses = 'writ.lab.approvals.ada';
    expect(await suite.run('approve', '0190-abc')).toBe(3);
    expect(suite.err).toBe('writ: may not publish to writ.lab.approvals.ada');
  });

  it('without an answer of the ledger: votes again under the same id, and says so when none comes', async () => {
    suite.answer('policy.approvals', { approvals: [APPROVAL] }).unanswered = 2;
    expect(await suite.run('approve', '0190-abc')).toBe(0);
    suite.unanswered = 3;
    expect(await suite.run('approve', '0190-abc')).toBe(3);
    expect(suite.err).toContain('did not confirm it');
  });
});

describe('writ watch', () => {
  it('prints the facts of its tenant, one a line, until it is interrupted', async () => {
    const retired = (tenant: TenantId): Fact => ({
      type: 'budget.retired',
      tenant,
      data: { account: 'lab/old' },
    });
    await suite.recorded(retired(LAB), 'writ.lab.catalog');
    await suite.recorded(retired('other' as TenantId), 'writ.other.catalog');
    suite.interrupt.abort();
    expect(await suite.run('watch', '--since', '1')).toBe(0);
    expect(suite.out).toBe('22:13:20.000      1 budget.retired         lab/old');
  });
});

describe('writ budget', () => {
  const usd = {
    account: 'lab',
    unit: 'usd',
    limit: '20000000',
    spent: '1500000',
    held: '0',
    free: '18500000',
  };

  it('shows whole units, the rate, and when nothing is left at that rate', async () => {
    const more = { overrun: '0', debt: '0', overdraft: '500000', burnPerHour: '333333' };
    const window = { window: 'month UTC', exhaustedAtMs: Date.UTC(2026, 7, 3, 9, 30) };
    suite.answer('budget.balances', { seen: 3, balances: [{ ...usd, ...more, ...window }] });
    expect(await suite.run('budget')).toBe(0);
    expect(suite.out.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
      ['ACCOUNT', 'UNIT', 'WINDOW', 'LIMIT', 'SPENT', 'HELD', 'FREE', 'OVERDRAFT', 'PER HOUR', 'EMPTY'],
      ['lab', 'usd', 'month UTC', '20', '1.5', '0', '18.5', '0.5', '0.3333', '2026-08-03 09:30'],
    ]);
  });
  it('an account without limits: says so', async () => {
    suite.answer('budget.balances', { seen: 3, balances: [] });
    expect(await suite.run('budget', 'lab/none')).toBe(0);
    expect(suite.out).toBe('account lab/none has no limit');
  });
});

describe('writ give-back', () => {
  it('an output that is gone: is recorded once as an operator', async () => {
    const digest = `sha256:${'0'.repeat(64)}`;
    expect(await suite.run('give-back', '--payload', digest, '--expired')).toBe(0);
    const [commit] = suite.ledger.commits;
    expect(commit?.subject).toBe('writ.lab.catalog');
    expect(decodeCommit(commit as never)).toMatchObject([
      { type: 'payload.removed', data: { digest, reason: 'expired' } },
    ]);
  });
  it('bytes elsewhere: are recorded in micro-units', async () => {
    expect(await suite.run('give-back', '--bytes', '12', '--project', 'lab')).toBe(0);
    expect(suite.ledger.commits.flatMap((commit) => decodeCommit(commit))).toMatchObject([
      { type: 'storage.returned', data: { project: 'lab', amount: '12000000', reason: 'deleted' } },
    ]);
  });
  it('neither, or a number that is none: says what is wanted', async () => {
    expect(await suite.run('give-back')).toBe(2);
    expect(suite.err).toContain('name either --payload <digest> or --bytes <count>');
    expect(await suite.run('give-back', '--bytes', 'many', '--project', 'lab')).toBe(2);
    expect(suite.err).toContain('must be an integer in decimal digits');
  });
});

describe('writ status', () => {
  it('with a service away: says which and exits 3', async () => {
    suite.answer('policy.catalog', { policies: ['a'], tools: [], revision: 3 });
    suite
      .answer('scheduler.status', { seen: 9, queued: 2, breakers: [] })
      .answer('audit.status', { terminal: [] });
    expect(await suite.run('status')).toBe(3);
    expect(suite.out).toMatch(/policy +answers +policies 1, tools 0, revision 3/);
    expect(suite.out).toMatch(/budget +away +nobody answers/);
    suite.answer('budget.balances', { balances: [] });
    expect(await suite.run('status')).toBe(0);
  });
});

describe('writ export', () => {
  it('follows the pages, writes the report and sums it up', async () => {
    suite.answer('audit.export', { records: [], breakers: [], asOf: 7 });
    const file = join(folder, 'report.json');
    expect(await suite.run('export', '--campaign', 'screening', '-o', file)).toBe(0);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({
      tenant: 'lab',
      campaign: 'screening',
      asOf: 7,
    });
    expect(suite.out).toMatch(/report\.json: 0 calls \(none ended\), \d+ bytes$/);
  });
});

describe('writ export in another format', () => {
  it('to standard output: that and nothing else', async () => {
    suite.answer('audit.export', { records: [], breakers: [], asOf: 7 });
    expect(await suite.run('export', '--format', 'csv', '-o', '-', '--since', '2026-01-31')).toBe(0);
    expect(suite.out).toMatch(/^invocation,stage,tenant,/);
    expect(suite.out.trimEnd().split('\n')).toHaveLength(1);
  });

  it('that there is none of, or at a time that is none: exits 2 and says what would be right', async () => {
    expect(await suite.run('export', '--format', 'xml', '-o', '-')).toBe(2);
    expect(suite.err).toContain('report, prov, openlineage, cloudevents, csv');
    expect(await suite.run('export', '--until', 'yesterday', '-o', '-')).toBe(2);
    expect(suite.err).toContain('2026-01-31T12:00:00Z');
  });
});

describe('a command line that is wrong', () => {
  it.each([
    [['frobnicate'], "unknown command 'frobnicate'"],
    [['apply'], "required option '-f, --file <folder>'"],
    [['run'], "missing required argument 'tool'"],
    [['run', 't', '--priority', 'asap'], 'urgent, normal, background'],
    [['run', 't', '--inputs', '[1]'], 'must be a JSON object'],
    [['run', 't', '--inputs', '{smiles'], 'is no JSON'],
    [['run', 't', '--inputs', '@/nowhere.json'], '/nowhere.json is no JSON'],
    [['watch', '--since', '-1'], 'whole number'],
  ])('%j: exits 2 and says what would be right', async (args, message) => {
    expect(await suite.run(...args)).toBe(2);
    expect(suite.err).toContain(message);
  });

  it('with --json: has its error as JSON', async () => {
    expect(await suite.run('run', 't', '--inputs', '5', '--json')).toBe(2);
    expect(JSON.parse(suite.err)).toMatchObject({ error: { code: 'invalid-inputs' } });
  });

  it('asked for help: exits 0', async () => {
    expect(await suite.run('--help')).toBe(0);
    expect(suite.out).toContain('apply');
  });
});
