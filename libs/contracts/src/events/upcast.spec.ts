import { describe, expect, it } from 'vitest';
import { decodeCommit, decodeVersions } from '../cloud-event.ts';
import { EventVersions, UPCASTS } from './upcast.ts';

const VERSIONS = new EventVersions({
  'budget.released@1': (data: { cause: string }) => ({ reason: data.cause }),
  'budget.released@2': (data: { reason: string }) => ({ ...data, reason: data.reason.toLowerCase() }),
});

function stored(event: object, kind = 'budget') {
  const whole = { specversion: '1.0', id: 'e1', source: 'writ/budget', type: 'budget.released', ...event };
  return { seq: 7, at: 1, subject: `writ.lab.${kind}`, data: Buffer.from(JSON.stringify([whole])) };
}

describe('an event', () => {
  it.each([
    ['of the first version, which it does not say: goes through every step', { data: { cause: 'SPENT' } }],
    ['of the second: goes through the last step', { dataversion: 2, data: { reason: 'SPENT' } }],
    ['of the newest: is as it was written', { dataversion: 3, data: { reason: 'spent' } }],
  ])('%s', (_what, event) => {
    const [fact] = decodeVersions(stored(event), VERSIONS);
    expect(fact?.data).toEqual({ reason: 'spent' });
  });

  it.each([
    ['later than this release', 4],
    ['that is none', 'two'],
  ])('of a service, of a version %s: stops whoever would have to fold it', (_what, dataversion) =>
    expect(() => decodeVersions(stored({ dataversion, data: {} }), VERSIONS)).toThrow(
      `budget.released at ledger sequence 7 is of version ${dataversion}, which this release cannot read`,
    ),
  );

  it('of an agent, of a later version: is answered', () => {
    const asked = stored({ type: 'tool.requested', dataversion: 2, data: {} }, 'requests.ada');
    expect(decodeCommit(asked)).toMatchObject([
      { type: 'request.malformed', data: { reason: 'unsupported-type' } },
    ]);
  });

  it('of anyone else, of a later version: is not believed', () =>
    expect(
      decodeCommit(stored({ type: 'execution.started', dataversion: 2, data: {} }, 'executions.e1')),
    ).toEqual([]));

  it('that is written now: says its version from the second on', () => {
    expect(VERSIONS.attribute('budget.released')).toEqual({ dataversion: 3 });
    expect(VERSIONS.attribute('budget.reserved')).toEqual({});
  });
});

describe('upcasts', () => {
  it('with a gap: are refused', () =>
    expect(() => new EventVersions({ 'budget.released@2': (data) => data })).toThrow(
      'no upcast is named budget.released@1',
    ));

  it('of this release: have none', () => expect(() => new EventVersions(UPCASTS)).not.toThrow());

  it('of a budget from before estimates were asked for: it goes on without them', () => {
    const limits = { usd: 5, tokens: { hard: 9, undeclared: 'refused' }, calls: [{ hard: 1, tool: 'dock' }] };
    const budget = { account: 'lab', limits, alerts: [] };
    const old = { ...stored({ type: 'budget.defined', data: { budget } }, 'catalog') };
    expect(decodeCommit(old)).toMatchObject([
      {
        data: {
          budget: {
            limits: {
              usd: { hard: 5, undeclared: 'allowed' },
              tokens: { hard: 9, undeclared: 'refused' },
              calls: [{ hard: 1, tool: 'dock', undeclared: 'allowed' }],
            },
          },
        },
      },
    ]);
  });
  it.each([{ budget: 7 }, { budget: null }, null, 7, undefined])(
    'of what is no budget (%j): leave it to be refused',
    (data) => expect(decodeCommit(stored({ type: 'budget.defined', data }, 'catalog'))).toEqual([]),
  );
});
