/** Alerts: raised once, open until their webhooks took them. */
import { describe, expect, it } from 'vitest';
import { TENANT, allowed, asked, cleared, completed, reserved, tool } from '../test/facts.ts';
import { NOTHING, executor, given, offering } from '../test/scenario.ts';
import { openAlerts } from './index.ts';

const FREE = offering(executor(50));
const ask = (...ids: string[]) => [...ids.map((id) => asked([id])), ...cleared(...ids)];
const wrote = (id: string) => completed(id, { writes: ['/data/index'] });
const alert = (name: string, invocation: string) => ({
  type: 'alert.raised',
  tenant: TENANT,
  data: {
    alert: name,
    kind: 'undeclared-write',
    detail: 'tool "read" is registered READ_ONLY, but /data/index changed while it ran',
    tool: 'read',
    invocation,
  },
});
const running = given(tool('read', { class: 'READ_ONLY' }), ask('a', 'b', 'c'), FREE);

describe('a READ_ONLY tool', () => {
  it('that was seen to write: is told once, not at every call', () => {
    running.when(wrote('a')).then(alert('alert-1', 'a'));
    running.when(wrote('a'), wrote('b')).then();
  });
  it('that was seen to write again in a new version: is told again', () =>
    running
      .when(wrote('a'), tool('read', { class: 'READ_ONLY', version: '2' }, { seq: 7 }))
      .when(asked(['x']), allowed('x', 7), reserved('x'))
      .when(FREE, wrote('x'))
      .then(alert('alert-2', 'x')));
  it('that was not: is told nothing of', () => running.when(completed('a')).then());
});

describe('a tool of another class', () => {
  it.each(['LOCAL_WRITE', 'NETWORK', 'DESTRUCTIVE', undefined])('%s: may write', (safetyClass) => {
    const terms = safetyClass === undefined ? {} : { class: safetyClass };
    given(tool('read', terms), ask('a'), FREE).when(wrote('a')).then();
  });
});

describe('an open alert', () => {
  const raised = running.when(wrote('a'));
  const sent = { ...NOTHING, sent: [{ alert: 'alert-1', outcome: 'delivered' as const }] };

  it('is there until it was sent, also after a restart', () => {
    expect([...openAlerts(raised.play().state)]).toMatchObject([
      { tenant: TENANT, data: { alert: 'alert-1' } },
    ]);
    raised
      .when(sent)
      .then({ type: 'alert.closed', tenant: TENANT, data: { alert: 'alert-1', outcome: 'delivered' } });
    expect([...openAlerts(raised.when(sent).play().state)]).toEqual([]);
  });
  it('that was sent twice: is closed once', () => raised.when(sent, sent).then());
});
