/** Calls that people granted: handed out once, while the grant lasts, under a catalog that policy vouched for. */
import { describe, it } from 'vitest';
import {
  AGENT,
  DIGEST,
  TENANT,
  allowed,
  asked,
  decided,
  fact,
  fenced,
  reserved,
  started,
  tool,
} from '../test/facts.ts';
import { dispatched, executor, given, offering, refused, silent, lost } from '../test/scenario.ts';

const TEN = offering(executor(10));
const READ = tool('read', { class: 'READ_ONLY' });
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
      .then({ type: 'invocation.cancelled', tenant: TENANT, data: { invocation: 'a', agent: AGENT } }));
  it('calls that nobody had to approve: run on', () =>
    given(READ, asked(['b']), allowed('b'), reserved('b'), published(2))
      .when(TEN)
      .then(dispatched('b')));
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
