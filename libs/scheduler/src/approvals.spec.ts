/** Calls that people granted: handed out once, while the grant lasts, under a catalog that policy vouched for. */
import { describe, expect, it } from 'vitest';
import type { InvocationId, TenantId } from '@writ/contracts';
import {
  AGENT,
  DIGEST,
  TENANT,
  allowed,
  asked,
  attempted,
  cleared,
  decided,
  fact,
  fenced,
  reserved,
  started,
  tool,
} from '../test/facts.ts';
import { cancelled, dispatched, executor, given, offering, refused, silent, lost } from '../test/scenario.ts';
import { why } from './index.ts';

const TEN = offering(executor(10));
const READ = tool('read', { class: 'READ_ONLY', retry: { attempts: 3 } });
const granted = (invocation: string, validUntilMs?: number) =>
  fact('approval.granted', {
    invocation,
    argsDigest: DIGEST,
    by: ['grace'],
    ...(validUntilMs === undefined ? {} : { validUntilMs }),
  });
const published = (seq: number) => fact('policy.published', { bundle: DIGEST, policies: [] }, { seq });
const confirmed = (invocation: string, catalogRevision: number) =>
  fact('approval.confirmed', { invocation, argsDigest: DIGEST, bundle: DIGEST, catalogRevision });
const denial = { class: 'permission', rule: 'stop', reason: 'policy "stop" denies this call' };
const revoked = (invocation: string, catalogRevision: number) =>
  fact('approval.revoked', { invocation, argsDigest: DIGEST, bundle: DIGEST, catalogRevision, denial });
const consumed = (invocation: string) => ({
  type: 'approval.consumed',
  tenant: TENANT,
  data: { invocation, argsDigest: DIGEST },
});

const held = given(READ, asked(['a']), decided('a', 'require-approval'), reserved('a'));
const waiting = held.when(granted('a', 10_000), allowed('a'));

describe('a call that people granted', () => {
  it('waits for its grant, whatever the budget holds', () => held.when(TEN).then());
  it('is handed out once, and that uses its grant', () =>
    waiting.when(TEN).then(dispatched('a'), consumed('a')));
  it('handed out again because nobody started it: no second use', () =>
    waiting
      .when(TEN, silent(), fenced())
      .when(offering(executor(1, { session: 's2' })))
      .then(dispatched('a', { attempt: 2, session: 's2' })));
  it('whose grant has ended: is refused, not handed out', () =>
    waiting.when(10_000).then(refused('a', 'approval-expired')));
  it('that has an earlier deadline: keeps it', () => {
    const deadline = '1970-01-01T00:00:05Z';
    given(READ, asked(['a'], { deadline }), reserved('a'), granted('a', 10_000), allowed('a'))
      .when(5_000)
      .then(refused('a', 'deadline'));
  });
  it('without an end in its grant: waits for as long as it takes', () =>
    held.when(granted('a'), allowed('a'), 1e12, TEN).then(dispatched('a'), consumed('a')));
  it('whose money comes after the grant: waits for it', () => {
    const unpaid = given(READ, asked(['a']), allowed('a'), granted('a'), allowed('a'));
    unpaid.when(TEN).then();
    unpaid.when(reserved('a'), TEN).then(dispatched('a'), consumed('a'));
  });
});

describe('a catalog that changes while a granted call waits', () => {
  const doubted = waiting.when(published(2));

  it('leaves the queue until policy has spoken', () => doubted.when(TEN).then());
  it('confirmed under that catalog: is handed out', () =>
    doubted.when(confirmed('a', 2), TEN).then(dispatched('a'), consumed('a')));
  it('confirmed under an older one: still waits', () =>
    doubted.when(published(3), confirmed('a', 2), TEN).then());
  it('revoked: is refused with what policy says, and never handed out', () => {
    doubted.when(revoked('a', 2)).then(refused('a', 'approval-revoked', { detail: denial.reason }));
    doubted.when(revoked('a', 2), TEN).then();
  });
  it('granted under the older catalog: waits for the word about the newer one', () =>
    held.when(published(2), granted('a'), allowed('a', 1), TEN).then());
  it('granted under the older catalog and revoked: is refused', () =>
    held
      .when(published(2), granted('a'), allowed('a', 1))
      .when(revoked('a', 2))
      .then(refused('a', 'approval-revoked', { detail: denial.reason })));
  it('many entries of one commit: one doubt', () =>
    waiting
      .when(published(2), tool('read', { class: 'READ_ONLY', version: '2' }, { seq: 2 }), confirmed('a', 2))
      .when(TEN)
      .then(dispatched('a'), consumed('a')));
  it('what has nothing to do with decisions: no doubt', () =>
    waiting
      .when(fact('groups.defined', { groups: {} }, { seq: 2 }), TEN)
      .then(dispatched('a'), consumed('a')));
  it('a call that an executor has: is not stopped', () =>
    waiting.when(TEN, started('a'), published(2)).when(revoked('a', 2)).then());
  it('a cancel meanwhile: takes effect once policy has spoken', () =>
    doubted
      .when(fact('tool.cancel-requested', { invocation: 'a' }, { origin: AGENT }))
      .when(confirmed('a', 2))
      .then(cancelled('a')));
  it('asked about: it waits for policy, because of the change', () => {
    const { state } = doubted.play();
    const report = why(state, TENANT as TenantId, 'a' as InvocationId, new Map(), 0);
    expect(report?.blockers).toEqual([
      { kind: 'policy', detail: expect.stringContaining('the catalog has changed'), seq: 2 },
    ]);
  });
  it('calls that nobody had to approve: run on', () =>
    given(READ, asked(['b']), allowed('b'), reserved('b'), published(2))
      .when(TEN)
      .then(dispatched('b')));
});

describe('a granted call that needs a resource key', () => {
  const KEYED = tool('write', { class: 'LOCAL_WRITE', keys: ['k'] });
  const call = (invocation: string) => ({ invocation, tool: 'write' });
  const first = given(KEYED, asked([call('a')]), reserved('a'), granted('a', 10_000), allowed('a'));
  const both = first.when(asked([call('b')]), cleared('b'));

  it('is doubted: others get the key meanwhile', () => both.when(published(2), TEN).then(dispatched('b')));
  it('is confirmed: asks for it again, behind those who have asked', () => {
    both.when(published(2), confirmed('a', 2), TEN).then(dispatched('b'));
    first
      .when(published(2), confirmed('a', 2), asked([call('b')]), cleared('b'))
      .when(TEN)
      .then(dispatched('a'), consumed('a'));
  });
  it('is revoked: nobody waits for it', () => {
    both
      .when(published(2), revoked('a', 2))
      .then(refused('a', 'approval-revoked', { detail: denial.reason }));
    both.when(published(2), revoked('a', 2), TEN).then(dispatched('b'));
  });
});

describe('a granted call whose attempt failed and may be repeated', () => {
  const failed = waiting.when(TEN, attempted('a', { at: 1_000, waitMs: 500 }));
  const paused = failed.when(reserved('a', { at: 1_100 }));

  it('is run again under the same grant, which was used already', () =>
    paused.when(1_500, TEN).then(dispatched('a', { attempt: 2 })));
  it('while the catalog changes: is refused, because policy cannot vouch for it any more', () => {
    paused.when(published(2)).then(refused('a', 'approval-revoked'));
    failed.when(published(2), reserved('a', { at: 1_100 })).then(refused('a', 'approval-revoked'));
    waiting
      .when(TEN, published(2), attempted('a', { at: 1_000 }), reserved('a', { at: 1_100 }))
      .then(refused('a', 'approval-revoked'));
  });
  it('when its grant ends before the next attempt: is refused', () =>
    waiting
      .when(TEN, attempted('a', { at: 1_000, waitMs: 60_000 }), reserved('a', { at: 1_100 }), 10_000)
      .then(refused('a', 'approval-expired')));
});

describe('a lost executor', () => {
  const handedOut = waiting.when(TEN);

  it('with a call under a catalog that has changed since: the call is refused, not handed out again', () =>
    handedOut.when(published(2), silent()).when(fenced()).then(refused('a', 'approval-revoked')));
  it('whose call waits again when the catalog changes: refused, because policy cannot vouch for it any more', () =>
    handedOut.when(silent(), fenced()).when(published(2)).then(refused('a', 'approval-revoked')));
  it('with a call that nobody had to approve: handed out again', () =>
    given(READ, asked(['b']), allowed('b'), reserved('b'), TEN, published(2), silent(), fenced())
      .when(offering(executor(1, { session: 's2' })))
      .then(dispatched('b', { attempt: 2, session: 's2' })));
  it('with a call that may not run again: stays indeterminate, whatever the catalog says', () =>
    given(tool('once', { effects: 'once' }), asked([{ invocation: 'a', tool: 'once' }]), reserved('a'))
      .when(granted('a'), allowed('a'), TEN, started('a'), published(2), revoked('a', 2))
      .when(silent())
      .then(lost('silent')));
});
