/** Calls as the services write them into a ledger: one commit a service, each with the facts of many calls. */
import { cloudEvent, digestOf, encodeCommit } from '@writ/contracts';
import type { Fact } from '@writ/contracts';
import type { Ledger } from '@writ/ledger';

export const TENANT = 'acme';
export const AT = Date.parse('2024-05-01T12:00:00Z');
const ARGS = digestOf({ smiles: 'CCO' });
const BUNDLE = digestOf('bundle');

export interface Commit {
  readonly subject: string;
  readonly events: readonly (readonly [type: string, data: object])[];
}

export interface Campaign {
  readonly tenant?: string;
  readonly campaign?: string;
  readonly log?: string;
  readonly inputs?: object;
  readonly causedBy?: readonly string[];
  readonly onBehalfOf?: string;
}

/** The subject's tail after `writ.<tenant>.`, and its events. */
export function commit(tail: string, ...events: Commit['events']): Commit {
  return { subject: `writ.${TENANT}.${tail}`, events };
}

export function requested(
  ids: readonly string[],
  { tenant = TENANT, inputs = { smiles: 'CCO' }, ...more }: Campaign = {},
): Commit {
  const calls = ids.map((invocation) => ({ invocation, tool: 'descriptors', inputs }));
  return {
    subject: `writ.${tenant}.requests.alpha`,
    events: [['tool.requested', { calls, project: 'lab', ...more }]],
  };
}

export function decided(
  ids: readonly string[],
  verdict: 'allow' | 'deny',
  { tenant = TENANT, campaign }: Campaign = {},
): Commit {
  const fixed = {
    agent: 'alpha',
    tool: 'descriptors',
    argsDigest: ARGS,
    project: 'lab',
    campaign,
    ceiling: {},
  };
  const denial = verdict === 'deny' ? { class: 'permission', rule: 'no', reason: 'not here' } : undefined;
  const why = { rules: [], bundle: BUNDLE, catalogRevision: 1, denial };
  const events = ids.map(
    (invocation) => ['policy.decided', { invocation, verdict, ...fixed, ...why }] as const,
  );
  return { subject: `writ.${tenant}.decisions`, events };
}

export function reserved(ids: readonly string[], { tenant = TENANT }: Campaign = {}): Commit {
  const holds = [{ account: '/', unit: 'usd', amount: '5000000' }];
  return {
    subject: `writ.${tenant}.budget`,
    events: ids.map((invocation) => ['budget.reserved', { invocation, holds }] as const),
  };
}

export function dispatched(ids: readonly string[], { tenant = TENANT }: Campaign = {}): Commit {
  const grant = { attempt: 1, executor: 'exec-1', session: 's-1', argsDigest: ARGS };
  const events = ids.map((invocation) => ['schedule.dispatched', { invocation, ...grant }] as const);
  return { subject: `writ.${tenant}.schedule`, events };
}

export function completed(
  ids: readonly string[],
  { tenant = TENANT }: Campaign = {},
  output: unknown = { logP: 1.2 },
): Commit {
  const run = {
    attempt: 1,
    agent: 'alpha',
    executor: 'exec-1',
    session: 's-1',
    argsDigest: ARGS,
    outcome: 'succeeded',
  };
  const data = { ...run, output, usage: { usd: '2000000' }, startedAtMs: AT, endedAtMs: AT + 250 };
  const events = ids.map((invocation) => ['execution.completed', { invocation, ...data }] as const);
  return { subject: `writ.${tenant}.executions.exec-1`, events };
}

/** Calls from their request to their end. */
export function ran(ids: readonly string[], campaign: Campaign = {}): readonly Commit[] {
  return [
    requested(ids, campaign),
    decided(ids, 'allow', campaign),
    reserved(ids, campaign),
    dispatched(ids, campaign),
    completed(ids, campaign),
  ];
}

/** `count` names beginning with `prefix`. */
export function names(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}-${String(index).padStart(5, '0')}`);
}

export function bytesOf({ subject, events }: Commit): Uint8Array {
  const tenant = subject.split('.')[1];
  const facts = events.map(([type, data]) => ({ type, tenant, data }) as unknown as Fact);
  return encodeCommit(facts.map((fact, index) => cloudEvent(fact, `e-${index}`, 'writ/test', AT)));
}

export async function append(ledger: Ledger, ...commits: readonly Commit[]): Promise<void> {
  for (const each of commits) await ledger.append({ subject: each.subject, data: bytesOf(each), id: 'test' });
}
