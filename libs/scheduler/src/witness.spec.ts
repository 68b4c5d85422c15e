/** What a grant shows of its offer; every other spec decides its answers again by it, too (`settle` in `test/scenario.ts`). */
import { describe, expect, it } from 'vitest';
import type { Fact, RecordedFact } from '@writ/contracts';
import { asked, cleared, tool } from '../test/facts.ts';
import { executor, given, offering, recorded } from '../test/scenario.ts';
import { scheduler } from './scheduler.ts';
import type { SchedulerState } from './state.ts';
import { schedulerWitness } from './witness.ts';

const SMALL = tool('small', { class: 'READ_ONLY', timeoutSeconds: 10 });
const LONG = tool('long', { class: 'READ_ONLY', timeoutSeconds: 1_000 });
const GANG = tool('gang', { class: 'READ_ONLY', timeoutSeconds: 100, requires: { nodes: 2 } });
const TWO = offering(executor(1, { executor: 'e1' }), executor(1, { executor: 'e2' }));

function ready(id: string, name: string) {
  return [asked([{ invocation: id, tool: name }]), ...cleared(id)];
}

/** The core's first answer under the offer that a grant shows. */
function again(state: SchedulerState, grant: RecordedFact): Fact | undefined {
  const offer = schedulerWitness.offerFor(state, grant);
  return scheduler.react(state, 1_000, offer ?? schedulerWitness.nothing)[0];
}

function withData(grant: RecordedFact, data: object): RecordedFact {
  return { ...grant, data: { ...grant.data, ...data } } as RecordedFact;
}

describe('two calls of one queue', () => {
  const { state } = given(SMALL, ...ready('s1', 'small'), ...ready('s2', 'small')).play();
  const [first] = scheduler.react(state, 1_000, offering(executor(1)));
  const grant = recorded(first as Fact, 1_000);

  it('a grant of the first: is what the core answers', () => expect(again(state, grant)).toEqual(first));

  it('a grant of the second: is not, and was not possible', () => {
    const jumped = withData(grant, { invocation: 's2' });
    expect(again(state, jumped)).toEqual(first);
    expect(schedulerWitness.allows(state, jumped)).toBe(false);
  });
});

describe('a short call that fills a gap, past a longer one that would not', () => {
  // A long call holds e1; the gang has e1 and e2 reserved from its end on, so only what ends before may run on e2.
  const { state } = given(GANG, SMALL, LONG, ...ready('l', 'long'), TWO)
    .when(...ready('g', 'gang'), ...ready('l2', 'long'), ...ready('s', 'small'))
    .play();
  const [answer] = scheduler.react(state, 1_000, TWO);
  const grant = recorded(answer as Fact, 1_000);

  it('is granted, but e2 alone does not show why the longer one was passed over', () => {
    expect(grant.data).toMatchObject({ invocation: 's', executor: 'e2' });
    expect(again(state, grant)?.data).toMatchObject({ invocation: 'l2' });
  });

  it('was possible, as the first call of an open queue', () =>
    expect(schedulerWitness.allows(state, grant)).toBe(true));

  it.each([
    ['for another attempt', { attempt: 2 }],
    ['with other arguments', { argsDigest: 'sha256:other' }],
    ['on more executors than it needs', { beside: [{ executor: 'e3', session: 's1' }] }],
    ['for a call that nobody asked for', { invocation: 'x' }],
    ['for one that runs already', { invocation: 'l' }],
  ])('%s: was not', (_what, data) =>
    expect(schedulerWitness.allows(state, withData(grant, data))).toBe(false),
  );
});
