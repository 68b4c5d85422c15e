import { describe, expect, it } from 'vitest';
import type { InvocationId, StoredCommit, TenantId } from '@writ/contracts';
import { AT, TENANT, bytesOf, decided, ran, requested } from '../test/calls.ts';
import type { Commit } from '../test/calls.ts';
import { callEvents } from './call-events.ts';
import { FollowedEvents } from './followed-events.ts';
import { sightingsOf } from './sightings.ts';

const WANTED = 'wanted' as InvocationId;
const KEY = { tenant: TENANT as TenantId, invocation: WANTED };

function stored(commits: readonly Commit[]): StoredCommit[] {
  return commits.map((each, index) => ({
    seq: index + 1,
    at: AT + index,
    subject: each.subject,
    data: bytesOf(each),
  }));
}

/** Follows calls whose ids begin like the wanted one's. */
function folded(commits: readonly StoredCommit[], maxBytes = 1_000_000): FollowedEvents {
  const followed = new FollowedEvents(({ invocation }) => invocation.startsWith(WANTED), maxBytes);
  for (const each of commits) followed.folded(sightingsOf(each)!);
  return followed;
}

function sizeOf(commits: readonly StoredCommit[]): number {
  return commits.reduce((sum, { data }) => sum + data.length, 0);
}

const among = stored(ran(['first', WANTED, 'last']));

describe('a followed call among others', () => {
  it('has its own events of each commit, and they tell the same as the commits', () => {
    const pieces = folded(among).take(KEY);
    expect([...pieces.keys()]).toEqual([1, 2, 3, 4, 5]);
    const own = [...pieces.values()].flat();
    expect(callEvents(WANTED, own)).toEqual(callEvents(WANTED, among));
    expect(sizeOf(own.slice(1))).toBeLessThan(sizeOf(among.slice(1)) / 2);
  });

  it('folded again after a restart: has each event once', () => {
    const pieces = folded([...among, ...among]).take(KEY);
    expect([...pieces.values()].map((some) => some.length)).toEqual([1, 1, 1, 1, 1]);
  });

  it('in a commit that is not written as ours are: has the whole commit', () => {
    const [request, ...more] = among as [StoredCommit, ...StoredCommit[]];
    const spelt = JSON.stringify(JSON.parse(Buffer.from(request.data).toString()), undefined, 1);
    const odd = [{ ...request, data: Buffer.from(spelt) }, ...more];
    const own = [...folded(odd).take(KEY).values()].flat();
    expect(Buffer.from(own[0]!.data).toString()).toBe(spelt);
    const { events, ...told } = callEvents(WANTED, among);
    const writtenByOurs = new Map([...events].filter(([seq]) => seq !== request.seq));
    expect(callEvents(WANTED, own)).toEqual({ ...told, events: writtenByOurs });
  });

  it('told of twice in one commit: has both events', () => {
    const twice = stored([requested([WANTED]), decided([WANTED, 'other', WANTED], 'allow')]);
    expect(folded(twice).take(KEY).get(2)).toHaveLength(2);
  });

  it('that has been taken: is not followed any more', () => {
    const followed = folded(among);
    followed.take(KEY);
    expect(followed.take(KEY).size).toBe(0);
  });

  it('and of another tenant under the same id: each has its own', () => {
    const followed = folded(stored([...ran([WANTED]), ...ran([WANTED], { tenant: 'other' })]));
    expect([...followed.take({ ...KEY, tenant: 'other' as TenantId }).keys()]).toEqual([6, 7, 8, 9, 10]);
    expect([...followed.take(KEY).keys()]).toEqual([1, 2, 3, 4, 5]);
  });
});

describe('a call that is not followed:', () => {
  it.each([
    ['nobody wants it', among, 'first'],
    ['its request has not passed by', among.slice(1), WANTED],
  ])('%s', (_why, commits, id) => {
    expect(folded(commits).take({ ...KEY, invocation: id as InvocationId }).size).toBe(0);
  });
});

describe('more events than are kept', () => {
  const ids = [WANTED, `${WANTED}-2`, `${WANTED}-3`] as InvocationId[];
  const each = ids.map((id) => ran([id]));
  /** The last one's pieces, exactly. */
  const room = sizeOf(
    [
      ...folded(stored(each[2]!))
        .take({ ...KEY, invocation: ids[2]! })
        .values(),
    ].flat(),
  );

  it('those of the oldest calls are forgotten, and of no other', () => {
    const followed = folded(stored(each.flat()), room);
    expect(ids.map((invocation) => followed.take({ ...KEY, invocation }).size)).toEqual([0, 0, 5]);
  });

  it('in one commit: as many calls are forgotten as it needs', () => {
    const [request] = stored([requested(ids)]) as [StoredCommit];
    const followed = folded([request], request.data.length);
    expect(ids.map((invocation) => followed.take({ ...KEY, invocation }).size)).toEqual([0, 0, 1]);
  });

  it('that are taken in time: make room', () => {
    const followed = folded(stored(each[0]!), room);
    followed.take(KEY);
    for (const commit of stored(each[2]!)) followed.folded(sightingsOf(commit)!);
    expect(followed.take({ ...KEY, invocation: ids[2]! }).size).toBe(5);
  });
});
