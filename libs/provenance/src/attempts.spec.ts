/** What a record tells of a call that took several attempts, or that a person ended. */
import { describe, expect, it } from 'vitest';
import * as facts from '../test/facts.ts';
import type { Said } from '../test/facts.ts';
import { provenanceOf } from './provenance.ts';
import { stageOf } from './record.ts';

const HOLD = facts.reserved('a', ['/', 'usd', '5000000']);
const BEGUN = [
  facts.requested('a'),
  facts.decided('a', 'allow'),
  HOLD,
  facts.dispatched('a'),
  facts.started('a'),
];
const told = (...more: readonly Said[]) => facts.recordOf(...BEGUN, ...more);

describe('a call that is tried again', () => {
  const tried = [facts.attempted('a', 1, { usd: '2000000' }), HOLD];

  it('between the attempts: waits in the queue', () => expect(stageOf(told(...tried))).toBe('queued'));

  it('when it has ended: is one call with all of its attempts, each with its end and its cost', () => {
    const record = told(...tried, facts.dispatched('a', 2), facts.completed('a', { usd: '1000000' }));
    const { where, cost, outcome } = provenanceOf(record);
    expect(outcome).toBe('succeeded');
    expect(
      where.attempts.map(({ attempt, ended }) => [attempt, ended?.cause, ended?.error?.code, ended?.used]),
    ).toEqual([
      [1, 'failed', 'http-503', { usd: '2' }],
      [2, undefined, undefined, undefined],
    ]);
    expect(cost.used).toEqual({ usd: '3' });
    expect(cost.settled).toEqual([{ account: '/', unit: 'usd', held: '10', charged: '3', open: '0' }]);
  });

  it('while the next attempt runs: only that one is open', () =>
    expect(provenanceOf(told(...tried)).cost.settled).toEqual([
      { account: '/', unit: 'usd', held: '10', charged: '2', open: '5' },
    ]));

  it('refused the next attempt: has paid for the first one', () => {
    const { cost, outcome } = provenanceOf(told(tried[0] as Said, facts.refused('a')));
    expect(outcome).toBe('refused');
    expect(cost.settled).toEqual([{ account: '/', unit: 'usd', held: '5', charged: '2', open: '0' }]);
  });

  it('given back: waits in the queue with the hold that it has', () => {
    const record = told(facts.returned('a'));
    expect(stageOf(record)).toBe('queued');
    expect(provenanceOf(record).cost.settled).toMatchObject([{ charged: '0', open: '5' }]);
  });
});

describe('a call whose end nobody saw', () => {
  const lost = [facts.indeterminate('a'), facts.dispatched('a', 2)];

  it('while its tool is asked, and when that does not know: is indeterminate', () => {
    expect(stageOf(told(...lost))).toBe('indeterminate');
    expect(stageOf(told(...lost, facts.queried('a', 2, 'unknown')))).toBe('indeterminate');
  });

  it('that had no effect, says its tool: waits in the queue', () =>
    expect(stageOf(told(...lost, facts.queried('a', 2, 'not-done')))).toBe('queued'));

  it('of which a person says what became: has ended so, charged at its ceiling unless the person knows better', () => {
    const { outcome, why, cost } = provenanceOf(told(...lost, facts.resolved('a')));
    expect(outcome).toBe('indeterminate-resolved');
    expect(why.ended).toEqual({
      by: 'schedule.resolved',
      reason: 'failed',
      detail: 'eve said so; no order; charged at its ceiling, because its use was not stated',
    });
    expect(cost.settled).toMatchObject([{ charged: '5', open: '0' }]);
    expect(provenanceOf(told(...lost, facts.resolved('a', { usd: '1000000' }))).cost.settled).toMatchObject([
      { charged: '1', open: '0' },
    ]);
  });
});
