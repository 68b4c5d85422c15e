/** The report by example, and that its sums are the accounts' sums. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  AT,
  TENANT,
  breaker,
  completed,
  decided,
  dispatched,
  granted,
  ledgerOf,
  opened,
  recordOf,
  recordsOf,
  refused,
  released,
  requested,
  reserved,
  voted,
} from '../test/facts.ts';
import type { Said } from '../test/facts.ts';
import { breakerEvent, campaignReport, campaignReportSchema, provenanceOf, settledLines } from './index.ts';
import type { CampaignReport } from './index.ts';

function reportOf(...said: readonly Said[]): CampaignReport {
  const facts = ledgerOf(...said);
  const breakers = facts.flatMap((fact) => breakerEvent(fact) ?? []);
  const report = campaignReport(recordsOf(facts).values(), breakers, {
    tenant: TENANT,
    campaign: 'c1',
    generatedAt: AT,
    asOf: facts.length,
  });
  return campaignReportSchema.parse(JSON.parse(JSON.stringify(report)));
}

function ran(id: string, held: string, usage: Record<string, string>): readonly Said[] {
  const lines = ['/', 'screening'].map((account) => [account, 'usd', held] as const);
  return [requested(id), decided(id, 'allow'), reserved(id, ...lines), dispatched(id), completed(id, usage)];
}

describe('a settled call', () => {
  const charged = (usage: Record<string, string>): bigint[] =>
    settledLines(recordOf(...ran('a', '5000000', usage))).map((line) => line.charged);

  it('used less than it held: charged what it used, in every account on its way', () =>
    expect(charged({ usd: '2000000' })).toEqual([2_000_000n, 2_000_000n]));
  it('did not report a unit that it held: charged the whole hold', () =>
    expect(charged({})).toEqual([5_000_000n, 5_000_000n]));
  it('used more than it held: charged the hold', () =>
    expect(charged({ usd: '9000000' })).toEqual([5_000_000n, 5_000_000n]));
  it('reported less than nothing: charged the whole hold', () =>
    expect(charged({ usd: '-1' })).toEqual([5_000_000n, 5_000_000n]));
  it('not ended: its hold is open', () =>
    expect(settledLines(recordOf(...ran('a', '5000000', {}).slice(0, 4)))).toMatchObject([
      { charged: 0n, open: 5_000_000n },
      { charged: 0n, open: 5_000_000n },
    ]));
  it('released: it owes nothing', () =>
    expect(settledLines(recordOf(...ran('a', '5000000', {}).slice(0, 3), released('a')))).toMatchObject([
      { charged: 0n, open: 0n },
      { charged: 0n, open: 0n },
    ]));
});

describe('the report of a campaign', () => {
  const report = reportOf(
    ...ran('a', '5000000', { usd: '1500000', tokens: '7000000' }),
    ...ran('b', '5000000', { usd: '2000001' }),
    requested('c'),
    decided('c', 'deny'),
    requested('d'),
    decided('d', 'require-approval'),
    opened('d'),
    voted('d', 'grace', 'approve'),
    granted('d', 'grace'),
    decided('d', 'allow'),
    requested('e'),
    refused('e'),
    breaker('breaker.opened', 'tool:descriptors'),
    breaker('breaker.opened', 'tool:never-used'),
    breaker('breaker.closed', 'tool:descriptors'),
  );

  it('counts every call once, by outcome and by tool', () => {
    const outcomes = { succeeded: 2, denied: 1, decided: 1, refused: 1 };
    expect(report.summary).toMatchObject({ calls: 5, unfinished: 1, outcomes, breaches: 0 });
    expect(report.summary.tools).toMatchObject([{ tool: 'descriptors', calls: 5, outcomes, ranMs: 500 }]);
  });

  it('sums cost by unit once a call, and by account on every line', () => {
    expect(report.summary.cost).toEqual([
      { unit: 'tokens', used: '7', charged: '0', open: '0' },
      { unit: 'usd', used: '3.500001', charged: '3.500001', open: '0' },
    ]);
    expect(report.summary.accounts).toEqual([
      { account: '/', unit: 'usd', held: '10', charged: '3.500001', open: '0' },
      { account: 'screening', unit: 'usd', held: '10', charged: '3.500001', open: '0' },
    ]);
  });

  it('names who approved what, and which rule denied what', () => {
    expect(report.approvals).toMatchObject([
      {
        invocation: 'd',
        result: 'granted',
        decidedBy: ['grace'],
        votes: [{ person: 'grace', sameArguments: true }],
      },
    ]);
    expect(report.denials).toMatchObject([
      { invocation: 'c', rule: 'a-rule', class: 'permission', remedy: null },
    ]);
    expect(report.summary.denials).toEqual([{ rule: 'a-rule', class: 'permission', calls: 1 }]);
  });

  it('names who spoke in whose name, by which standing grant, and who was not heard', () => {
    const breakGlass = { by: 'grace', reason: 'fire', skipped: ['emmy'] };
    const close = { ...granted('a', 'grace', 'lise'), origin: 'decisions' };
    Object.assign(close.data as object, { inNameOf: { grace: 'ada' }, standing: ['g-1'], breakGlass });
    const said = [requested('a'), decided('a', 'require-approval'), opened('a'), close];
    const allowed = decided('a', 'allow', { standing: ['g-1'] });
    const { why } = provenanceOf(recordOf(...said, allowed));
    expect(why.approval).toMatchObject({
      decidedBy: ['grace', 'lise'],
      inNameOf: { grace: 'ada' },
      standing: ['g-1'],
      skipped: ['emmy'],
      reason: 'fire',
    });
    expect(why.decisions.map(({ standing }) => standing)).toEqual([[], ['g-1']]);
  });

  it('tells the breaker history of the tools that were used', () =>
    expect(report.breakers.map(({ scope, transition }) => [scope, transition])).toEqual([
      ['tool:descriptors', 'opened'],
      ['tool:descriptors', 'closed'],
    ]));

  it('of nothing: is whole and empty', () =>
    expect(reportOf()).toMatchObject({
      from: null,
      to: null,
      summary: { calls: 0, cost: [] },
      invocations: [],
    }));

  it('an id that lived twice: two calls with two costs', () => {
    const twice = reportOf(
      ...ran('a', '5000000', { usd: '1000000' }),
      ...ran('a', '5000000', { usd: '2000000' }),
    );
    expect(twice.summary).toMatchObject({ calls: 2, outcomes: { succeeded: 2 }, breaches: 0 });
    expect(twice.summary.accounts).toMatchObject([{ account: '/', charged: '3' }, { account: 'screening' }]);
  });
});

describe('the provenance of one call', () => {
  it('who, what, when, why, where and at what cost', () =>
    expect(provenanceOf(recordOf(...ran('a', '5000000', { usd: '1500000' })))).toMatchObject({
      outcome: 'succeeded',
      who: { tenant: TENANT, agent: 'alpha', campaign: 'c1' },
      what: { tool: 'descriptors', inputs: { smiles: 'CCO' }, output: { logP: 1.2 } },
      when: {
        requested: '2024-05-01T12:00:00.000Z',
        ended: '2024-05-01T12:00:04.000Z',
        ranMs: 250,
        totalMs: 4_000,
      },
      why: { decisions: [{ verdict: 'allow', rules: [{ policy: 'a-rule' }] }], denial: null },
      where: { executor: 'exec-1', attempts: [{ attempt: 1 }] },
      cost: { used: { usd: '1.5' }, settled: [{ account: '/', held: '5', charged: '1.5' }, {}] },
      ledger: { requested: 1, decided: [2], reserved: 3, dispatched: [4], ended: 5 },
    }));

  it('an executor whose clock is no date: the report is written all the same', () => {
    const wrong = completed('a');
    const data = { ...(wrong.data as object), startedAtMs: 1e300, endedAtMs: -1e300 };
    const report = reportOf(requested('a'), { ...wrong, data });
    expect(report.invocations[0]?.when).toMatchObject({ started: null, ranMs: 0 });
  });
});

describe('any campaign', () => {
  const amount = fc.bigInt({ min: 0n, max: 10n ** 15n }).map(String);
  const call = fc.record({ held: amount, used: fc.option(amount, { nil: undefined }) });

  it('charges each account the sum of what its calls used, up to what they held', () =>
    fc.assert(
      fc.property(fc.array(call, { maxLength: 20 }), (calls) => {
        const said = calls.flatMap(({ held, used }, index) =>
          ran(`i${index}`, held, used === undefined ? {} : { usd: used }),
        );
        const records = recordsOf(ledgerOf(...said)).values();
        const lines = [...records].flatMap(settledLines).filter(({ account }) => account === 'screening');
        const owed = calls.map(({ held, used }) =>
          used === undefined || BigInt(used) > BigInt(held) ? BigInt(held) : BigInt(used),
        );
        expect(lines.reduce((sum, { charged }) => sum + charged, 0n)).toBe(
          owed.reduce((sum, one) => sum + one, 0n),
        );
      }),
    ));
});
