/** What is read out of the state to answer an executor's pull. */
import { describe, expect, it } from 'vitest';
import { digestOf } from '@writ/contracts';
import type { Digest, ExecutorId, InvocationId, SessionId, TenantId } from '@writ/contracts';
import { AGENT, TENANT, allowed, asked, cleared, completed, reserved, tool } from '../test/facts.ts';
import { executor, given, offering } from '../test/scenario.ts';
import { grantDetails, openGrants, queueDepth, queueDepths, scheduler, toolByDigest } from './index.ts';

const READ = tool('read', { class: 'READ_ONLY', keys: ['file:{args.path}'] });
const TEN = offering(executor(10));

describe('what the pull is answered from', () => {
  const granted = given(
    READ,
    asked([{ invocation: 'a', tool: 'read', inputs: { path: 'x' } }]),
    cleared('a'),
  );
  const [spec] = [READ.data].map((data) => (data as { tool: object }).tool);
  const digest = digestOf(spec);
  const details = {
    tenant: TENANT,
    invocation: 'a',
    attempt: 1,
    agent: AGENT,
    tool: 'read',
    toolDigest: digest,
  };

  it('a grant: all that an executor needs to run it', () => {
    const { state } = granted.when(TEN).play();
    const expected = { ...details, inputs: { path: 'x' }, argsDigest: digestOf({}) };
    expect(openGrants(state, 'e1' as ExecutorId, 's1' as SessionId)).toEqual([expected]);
    expect(grantDetails(state, TENANT as TenantId, 'a' as InvocationId)).toEqual(expected);
    expect(toolByDigest(state, TENANT as TenantId, digest)).toEqual(spec);
  });
  it('a grant of an agent that traces: has its trace, also after a snapshot; any other has none', () => {
    const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
    const calls = [{ invocation: 'b', tool: 'read', inputs: { path: 'y' } }];
    const traced = given(READ, asked(calls, { traceparent }), cleared('b')).when(TEN).play().state;
    const kept = scheduler.restore(scheduler.snapshot(traced));
    for (const state of [traced, kept])
      expect(grantDetails(state, TENANT as TenantId, 'b' as InvocationId)).toMatchObject({ traceparent });
    const plain = grantDetails(granted.when(TEN).play().state, TENANT as TenantId, 'a' as InvocationId);
    expect(plain).not.toHaveProperty('traceparent');
  });
  it('no grant: nothing', () => {
    const { state } = granted.play();
    expect(queueDepth(state)).toBe(1);
    expect(grantDetails(state, TENANT as TenantId, 'a' as InvocationId)).toBeUndefined();
    expect(openGrants(state, 'e1' as ExecutorId, 's1' as SessionId)).toEqual([]);
    expect(toolByDigest(state, TENANT as TenantId, 'sha256:0' as Digest)).toBeUndefined();
  });
  it('calls of several projects: each knows how many of its calls wait', () => {
    const ready = (project: string, id: string) => [asked([id], { project }), ...cleared(id)];
    const { state } = given(READ, ...ready('p', 'a'), ...ready('p', 'b'), ...ready('q', 'c'))
      .when(offering(executor(1)))
      .play();
    expect(queueDepths(state)).toEqual([
      { tenant: TENANT, project: 'p', calls: 1 },
      { tenant: TENANT, project: 'q', calls: 1 },
    ]);
    expect(queueDepth(state)).toBe(2);
  });
  it('a tool that changed after the decision: the call runs the version that was allowed', () => {
    const newer = tool('read', { class: 'READ_ONLY', version: '2' }, { seq: 7 });
    const older = given(READ, asked(['a'])).when(newer, cleared('a'), TEN);
    expect(grantDetails(older.play().state, TENANT as TenantId, 'a' as InvocationId)?.toolDigest).toBe(
      digest,
    );
    const after = given(READ, asked(['a'])).when(newer, allowed('a', 7), reserved('a'), TEN);
    expect(grantDetails(after.play().state, TENANT as TenantId, 'a' as InvocationId)?.toolDigest).not.toBe(
      digest,
    );
  });
  it('a version that was replaced often: is known as long as a call needs it', () => {
    const newer = Array.from({ length: 20 }, (_, index) =>
      tool('read', { version: `v${index}` }, { seq: 2 + index }),
    );
    const bound = granted.when(TEN, newer);
    expect(toolByDigest(bound.play().state, TENANT as TenantId, digest)).toBeDefined();
    expect(toolByDigest(bound.when(completed('a')).play().state, TENANT as TenantId, digest)).toBeUndefined();
  });
});
