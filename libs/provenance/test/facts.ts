/** Facts of one tenant as a ledger would hand them out: in order, each commit a second after the one before. */
import { digestOf } from '@writ/contracts';
import type { EventData, EventType, RecordedFact, TenantId } from '@writ/contracts';
import { foldRecord, invocationsOf, recordText, restoreRecord } from '../src/index.ts';
import type { InvocationRecord } from '../src/index.ts';

export const TENANT = 'acme' as TenantId;
export const AT = Date.parse('2024-05-01T12:00:00Z');
export const ARGS = digestOf({ smiles: 'CCO' });
export const BUNDLE = digestOf('bundle');

/** What a test says about one fact: its type, its data (types of ids do not matter here) and who wrote it. */
export interface Said {
  readonly type: EventType;
  readonly data: unknown;
  readonly origin: string;
}

/** Each of `said` as a commit of its own. */
export function ledgerOf(...said: readonly Said[]): RecordedFact[] {
  return said.map(
    ({ type, data, origin }, index) =>
      ({ type, data, origin, tenant: TENANT, seq: index + 1, at: AT + index * 1_000 }) as RecordedFact,
  );
}

/** The records of all invocations after these facts, each through the text it would be stored as when `stored` says so. */
export function recordsOf(
  facts: readonly RecordedFact[],
  stored: (index: number) => boolean = () => false,
): Map<string, InvocationRecord> {
  const records = new Map<string, InvocationRecord>();
  for (const [index, fact] of facts.entries()) {
    for (const [nth, invocation] of invocationsOf(fact).entries()) {
      const record = foldRecord(records.get(invocation), fact, nth);
      if (!record) continue;
      records.set(
        invocation,
        stored(index) ? restoreRecord({ ...record, text: recordText(record) }) : record,
      );
    }
  }
  return records;
}

export function recordOf(...said: readonly Said[]): InvocationRecord {
  const [record] = recordsOf(ledgerOf(...said)).values();
  if (!record) throw new Error('these facts make no record');
  return record;
}

export function requested(...invocations: readonly string[]): Said {
  return requestedWith({}, ...invocations);
}

export function requestedWith(
  more: Partial<EventData<'tool.requested'>>,
  ...invocations: readonly string[]
): Said {
  const calls = invocations.map((invocation) => ({
    invocation,
    tool: 'descriptors',
    inputs: { smiles: 'CCO' },
  }));
  const data = { step: 'step-1', calls, project: 'screening', campaign: 'c1', priority: 'normal', ...more };
  return { type: 'tool.requested', data, origin: 'alpha' };
}

export function decided(
  invocation: string,
  verdict: 'allow' | 'deny' | 'require-approval',
  more: Partial<EventData<'policy.decided'>> = {},
): Said {
  const rules = [{ policy: 'a-rule', action: verdict, mode: 'enforce' }];
  const denial = verdict === 'deny' ? { class: 'permission', rule: 'a-rule', reason: 'not here' } : undefined;
  const fixed = {
    agent: 'alpha',
    tool: 'descriptors',
    argsDigest: ARGS,
    project: 'screening',
    campaign: 'c1',
  };
  const data = {
    invocation,
    verdict,
    ...fixed,
    ceiling: {},
    rules,
    bundle: BUNDLE,
    catalogRevision: 1,
    denial,
  };
  return { type: 'policy.decided', data: { ...data, ...more }, origin: 'decisions' };
}

export function opened(invocation: string): Said {
  const terms = { approvers: ['grace'], quorum: 1, expiresAtMs: AT + 60_000 };
  const data = { invocation, agent: 'alpha', tool: 'descriptors', argsDigest: ARGS, terms, ceiling: {} };
  return { type: 'approval.opened', data: { ...data, policies: ['a-rule'] }, origin: 'decisions' };
}

export function voted(invocation: string, person: string, vote: 'approve' | 'deny', argsDigest = ARGS): Said {
  return { type: 'approval.voted', data: { invocation, vote, argsDigest, reason: 'seen' }, origin: person };
}

export function granted(invocation: string, ...by: readonly string[]): Said {
  return { type: 'approval.granted', data: { invocation, argsDigest: ARGS, by }, origin: 'decisions' };
}

/** Holds `[account, unit, micro-units]`. */
export function reserved(invocation: string, ...lines: readonly (readonly [string, string, string])[]): Said {
  const holds = lines.map(([account, unit, amount]) => ({ account, unit, amount }));
  return { type: 'budget.reserved', data: { invocation, holds }, origin: 'budget' };
}

export function released(invocation: string): Said {
  return { type: 'budget.released', data: { invocation, reason: 'denied' }, origin: 'budget' };
}

export function refused(invocation: string): Said {
  const data = {
    invocation,
    agent: 'alpha',
    reason: 'exhausted',
    account: '/',
    detail: '60 usd asked, 40 free',
  };
  return { type: 'budget.refused', data, origin: 'budget' };
}

export function rejected(invocation: string, reason: EventData<'request.rejected'>['reason']): Said {
  return {
    type: 'request.rejected',
    data: { invocation, agent: 'alpha', reason, detail: 'wrong' },
    origin: 'decisions',
  };
}

export function attempted(invocation: string, attempt = 1, usage: Record<string, string> = {}): Said {
  const run = { attempt, executor: 'exec-1', session: 's-1', argsDigest: ARGS, outcome: 'failed' };
  const error = { code: 'http-503', message: 'busy' };
  const span = { startedAtMs: AT, endedAtMs: AT + 500, cause: 'failed', waitMs: 1_000 };
  const data = { invocation, agent: 'alpha', ...run, error, usage, ...span };
  return { type: 'execution.attempted', data, origin: 'exec-1' };
}

export function returned(invocation: string, attempt = 1): Said {
  const data = { invocation, attempt, executor: 'exec-1', session: 's-1' };
  return { type: 'execution.returned', data, origin: 'exec-1' };
}

export function queried(invocation: string, attempt: number, answer: 'not-done' | 'unknown'): Said {
  const data = { invocation, attempt, executor: 'exec-1', session: 's-1', answer };
  return { type: 'execution.queried', data, origin: 'exec-1' };
}

export function indeterminate(invocation: string, attempt = 1): Said {
  const data = { invocation, attempt, agent: 'alpha', executor: 'exec-1' };
  return { type: 'schedule.indeterminate', data, origin: 'schedule' };
}

export function resolved(invocation: string, used?: Record<string, string>): Said {
  const said = { attempt: 1, outcome: 'failed', by: 'eve', reason: 'no order', ...(used ? { used } : {}) };
  return { type: 'schedule.resolved', data: { invocation, agent: 'alpha', ...said }, origin: 'schedule' };
}

export function dispatched(invocation: string, attempt = 1, executor = 'exec-1'): Said {
  const data = { invocation, attempt, executor, session: 's-1', argsDigest: ARGS };
  return { type: 'schedule.dispatched', data, origin: 'schedule' };
}

export function started(invocation: string, attempt = 1, executor = 'exec-1'): Said {
  const data = { invocation, attempt, executor, session: 's-1', argsDigest: ARGS };
  return { type: 'execution.started', data, origin: executor };
}

export function completed(
  invocation: string,
  usage: Record<string, string> = {},
  outcome: EventData<'execution.completed'>['outcome'] = 'succeeded',
): Said {
  const run = {
    attempt: 1,
    agent: 'alpha',
    executor: 'exec-1',
    session: 's-1',
    argsDigest: ARGS,
    outcome,
    usage,
  };
  const data = { invocation, ...run, output: { logP: 1.2 }, startedAtMs: AT, endedAtMs: AT + 250 };
  return { type: 'execution.completed', data, origin: 'exec-1' };
}

export function breaker(
  type: 'breaker.opened' | 'breaker.half-opened' | 'breaker.closed',
  scope: string,
): Said {
  const evidence = { calls: 10, failures: 6, executors: 2 };
  return { type, data: { scope, evidence, untilMs: AT + 60_000, permits: 1 }, origin: 'schedule' };
}
