/**
 * Given what policy has seen, when news arrives together, then these are its answers. Everything goes through
 * the decider, as in a host: facts are folded, then answers are asked for and folded until nothing is owed.
 * Facts are of tenant "acme" and agent "ada" unless they say otherwise; time stands still unless `later`
 * moves it.
 */
import { expect } from 'vitest';
import { digestOf, policyRule, toolSpec } from '@writ/contracts';
import type { EventType, Fact, Instant, PolicyRule, RecordedFact, ToolSpec } from '@writ/contracts';
import { policy } from '../src/index.ts';
import type { PolicyState } from '../src/index.ts';

export const START: Instant = 1_760_000_000_000;
const TENANT = 'acme';
const FOREIGN_AT_START = { origin: 'catalog', tenant: TENANT, seq: 0, at: START };

interface Envelope {
  readonly tenant?: string;
  readonly origin?: string;
  readonly seq?: number;
  readonly at?: Instant;
}

export function fact(type: EventType, data: unknown, envelope: Envelope = {}): RecordedFact {
  return { ...FOREIGN_AT_START, ...envelope, type, data } as unknown as RecordedFact;
}

// What operators publish.
export const tool = (name: string, spec: object = {}): ToolSpec =>
  toolSpec.parse({
    name,
    adapter: { kind: 'module', module: 'tools.mjs' },
    class: 'READ_ONLY',
    ...spec,
  });
export const rule = (name: string, action: string, condition: string, more: object = {}): PolicyRule =>
  policyRule.parse({ name, action, condition, ...more });
export const registered = (name: string, spec: object = {}, envelope?: Envelope) =>
  fact('tool.registered', { tool: tool(name, spec) }, envelope);
export const retired = (name: string, envelope?: Envelope) => fact('tool.retired', { tool: name }, envelope);
export const published = (...policies: PolicyRule[]) =>
  fact('policy.published', { bundle: digestOf(policies.map(({ name }) => name)), policies });
export const environment = (values: object) => fact('environment.defined', { environment: values });
export const groups = (members: Record<string, string[]>) => fact('groups.defined', { groups: members });
/** A bundle that says nothing about any call. */
export const anyPolicy = published(rule('nothing', 'deny', 'false'));

// What agents, approvers and the budget write.
type Request = Envelope & { readonly request?: object; readonly argsDigest?: string };
export const asks = (
  invocation: string,
  name: string,
  inputs: object = {},
  { request, argsDigest, ...envelope }: Request = {},
) =>
  fact(
    'tool.requested',
    {
      project: 'lab',
      priority: 'normal',
      calls: [{ invocation, tool: name, inputs, ...(argsDigest ? { argsDigest } : {}) }],
      ...request,
    },
    { origin: 'ada', ...envelope },
  );
/** One request with several calls, `[invocation, tool, inputs]`. */
export const step = (...calls: [string, string, object?][]) =>
  fact(
    'tool.requested',
    {
      project: 'lab',
      priority: 'normal',
      calls: calls.map(([invocation, name, inputs = {}]) => ({ invocation, tool: name, inputs })),
    },
    { origin: 'ada' },
  );
export const cancels = (invocation: string, data: object = {}, origin = 'ada') =>
  fact('tool.cancel-requested', { invocation, ...data }, { origin });
export const owners = (named: Record<string, string>) => fact('owners.defined', { owners: named });
export const delegates = (from: string, to: string, untilSeconds: number) =>
  fact('approval.delegated', { to, untilMs: START + untilSeconds * 1_000 }, { origin: from });
/** A person's yes to every `simulate` of the project `lab`, unless told. */
export const gives = (person: string, standing: string, terms: object = {}) =>
  fact(
    'standing.granted',
    {
      standing,
      tool: 'simulate',
      project: 'lab',
      condition: 'true',
      maxUses: 10,
      maxCost: { 'node-hours': '1000000000' },
      lastsSeconds: 3_600,
      ...terms,
    },
    { origin: person },
  );
export const withdraws = (person: string, standing: string) =>
  fact('standing.withdrawn', { standing }, { origin: person });
/** The scheduler's word about a granted call. */
export const scheduled = (type: EventType, invocation: string) =>
  fact(type, { invocation, agent: 'ada', reason: 'deadline', detail: '' }, { origin: 'schedule' });
export const escalates = (invocation: string, data: object = {}) =>
  fact('budget.escalated', { invocation, justification: 'deadline', over: [OVER], ...data });
/** A budget that sends calls over its soft limit to people. */
export const softBudget = fact('budget.defined', {
  budget: {
    account: 'lab',
    limits: { 'node-hours': { hard: 20, soft: 0.8, overdraft: 'escalated' } },
    alerts: [],
  },
});
export const OVER = {
  account: 'lab',
  unit: 'node-hours',
  asked: '10000000',
  softLimit: '15000000',
  limit: '20000000',
  spent: '8000000',
  held: '0',
};
export const holds = (invocation: string) =>
  fact('budget.reserved', { invocation, holds: [{ account: 'lab', unit: 'usd', amount: '3000000' }] });
export const refuses = (invocation: string) =>
  fact('budget.refused', { invocation, agent: 'ada', reason: 'exhausted', account: '/', detail: '' });
/** A vote over the inputs `{}` unless told. */
export const votes = (
  person: string,
  vote: string,
  invocation: string,
  inputs: object = {},
  data: object = {},
) => fact('approval.voted', { invocation, vote, argsDigest: digestOf(inputs), ...data }, { origin: person });
/** The same fact, so many seconds after the start. */
export const later = (seconds: number, one: RecordedFact): RecordedFact => ({
  ...one,
  at: START + seconds * 1_000,
});

// What policy answers; only what is said has to match.
const answer = (type: EventType, invocation: string, data: object = {}) => ({
  type,
  data: { invocation, ...data },
});
export const allowed = (invocation: string, data?: object) =>
  answer('policy.decided', invocation, { verdict: 'allow', ...data });
export const denied = (invocation: string, denial: object = {}, data: object = {}) =>
  answer('policy.decided', invocation, { verdict: 'deny', denial, ...data });
export const needsApproval = (invocation: string, approval: object = {}) =>
  answer('policy.decided', invocation, { verdict: 'require-approval', approval });
export const rejected = (invocation: string, reason: string, data: object = {}) =>
  answer('request.rejected', invocation, { reason, ...data });
export const opened = (invocation: string, data?: object) => answer('approval.opened', invocation, data);
export const granted = (invocation: string, ...by: string[]) =>
  answer('approval.granted', invocation, { by });
export const disapproved = (invocation: string, by: string) => answer('approval.denied', invocation, { by });
export const expired = (invocation: string, ...cast: string[]) =>
  answer('approval.expired', invocation, { votes: cast });
export const escalated = (invocation: string, ...approvers: string[]) =>
  answer('approval.escalated', invocation, { approvers });
export const confirmed = (invocation: string, data?: object) =>
  answer('approval.confirmed', invocation, data);
export const revoked = (invocation: string, denial: object) =>
  answer('approval.revoked', invocation, { denial });
export const cancelled = (invocation: string, data?: object) =>
  answer('invocation.cancelled', invocation, data);

/** Folds one answer after another until nothing is owed, as a host does. */
export function answersOf(state: PolicyState, now: Instant): Fact[] {
  const all: Fact[] = [];
  for (let owed = policy.react(state, now, undefined); owed[0]; owed = policy.react(state, now, undefined)) {
    for (const one of owed) policy.evolve(state, { ...one, origin: 'decisions', seq: 0, at: now });
    all.push(...owed);
    if (all.length > 100_000) throw new Error('policy answers for ever');
  }
  return all;
}

export function fold(state: PolicyState, facts: readonly RecordedFact[]): void {
  for (const one of facts) policy.evolve(state, one);
}

/** Each given fact is answered before the next; what comes in `when` arrives together. */
export function given(...facts: RecordedFact[]) {
  let last = 0;
  const numbered = (one: RecordedFact): RecordedFact => ({ ...one, seq: one.seq || ++last });
  const start = (): { state: PolicyState; now: Instant } => {
    const state = policy.initial();
    let now = START;
    last = 0;
    for (const one of facts) {
      now = Math.max(now, one.at);
      fold(state, [numbered(one)]);
      answersOf(state, now);
    }
    return { state, now };
  };
  return {
    and: (...more: RecordedFact[]) => given(...facts, ...more),
    when: (...news: RecordedFact[]) => {
      const { state, now } = start();
      fold(state, news.map(numbered));
      return outcome(answersOf(state, Math.max(now, ...news.map((one) => one.at))));
    },
    /** Nothing arrives, but it is so many seconds after the start. */
    after: (seconds: number) => outcome(answersOf(start().state, START + seconds * 1_000)),
    state: start,
    wants: (kind: 'budget' | 'requests' | 'schedule' | 'executions') => policy.wants?.(start().state, kind),
  };
}

function outcome(got: readonly Fact[]) {
  return {
    got,
    then: (...expected: object[]) => expect(got).toMatchObject(expected),
    thenNothing: () => expect(got).toEqual([]),
  };
}
