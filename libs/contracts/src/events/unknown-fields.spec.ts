/** What a later release may write into every kind of fact that is validated, read by this one. */
import { describe, expect, it } from 'vitest';
import { decodeCommit } from '../cloud-event.ts';
import { digestOf } from '../digest.ts';

function decoded(subject: string, type: string, data: object) {
  const event = { specversion: '1.0', id: 'e1', source: 'later', type, data };
  const bytes = Buffer.from(JSON.stringify([event]));
  return decodeCommit({ seq: 1, at: 1, subject, data: bytes }).map((fact) => fact.data);
}

const TOOL = {
  name: 'dock',
  class: 'READ_ONLY',
  adapter: { kind: 'module', module: 'x.mjs', warm: 3 },
  colour: 'red',
};
const HTTP = {
  name: 'ask',
  adapter: { kind: 'mcp', tool: 'ask', server: { transport: 'http', url: 'https://x.org/', http3: true } },
};
const RULE = { name: 'all', condition: 'true', action: 'allow', since: '2030-01-01' };

describe('a fact of a later release with fields that nobody knows here', () => {
  it.each([
    ['tool.registered', { tool: TOOL }],
    ['tool.registered', { tool: HTTP }],
    ['policy.published', { bundle: digestOf([]), policies: [RULE] }],
    [
      'budget.defined',
      { budget: { account: '/', limits: { usd: { hard: 5, undeclared: 'allowed' } }, borrows: ['a'] } },
    ],
    ['concurrency.defined', { limits: [{ tool: 'dock', most: 1, burst: 2 }] }],
  ])('%s: is believed, and keeps them', (type, data) =>
    expect(decoded('writ.lab.catalog', type, data)).toMatchObject([data]),
  );

  it('with a mistake as well: is not believed', () =>
    expect(decoded('writ.lab.catalog', 'tool.registered', { tool: { ...TOOL, class: 'NONE' } })).toEqual([]));

  it('of an agent: is answered, because it is a mistake more likely than not', () =>
    expect(decoded('writ.lab.requests.ada', 'tool.requested', { calls: [], urgency: 3 })).toMatchObject([
      { reason: 'malformed' },
    ]));

  it('of a service: is as it was written', () =>
    expect(decoded('writ.lab.budget', 'budget.released', { invocation: 'a', why: ['x'] })).toEqual([
      { invocation: 'a', why: ['x'] },
    ]));
});
