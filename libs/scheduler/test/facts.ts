/** Facts as the other services and the executors would have written them, with everything a test does not care about. */
import { breakerSpec, digestOf, toolSpec } from '@writ/contracts';
import type { EventType, RecordedFact, RunOutcome } from '@writ/contracts';

export const TENANT = 'acme';
export const AGENT = 'ada';
export const DIGEST = digestOf({});

export interface Place {
  readonly tenant?: string;
  readonly origin?: string;
  readonly seq?: number;
  readonly at?: number;
}

/** Any fact at all; `data` as it would stand in the ledger. */
export function fact(type: EventType, data: unknown, place: Place = {}): RecordedFact {
  const { tenant = TENANT, origin = 'test', seq = 1, at = 0 } = place;
  return { type, tenant, origin, seq, at, data } as unknown as RecordedFact;
}

export interface ToolTerms {
  readonly class?: string;
  readonly effects?: string;
  readonly keys?: readonly string[];
  readonly pool?: string;
  readonly version?: string;
  readonly timeoutSeconds?: number;
  readonly requires?: object;
  readonly retry?: object;
  readonly resumable?: boolean;
  readonly adapter?: object;
}

export function tool(name: string, terms: ToolTerms = {}, place: Place = {}): RecordedFact {
  const spec = toolSpec.parse({ name, adapter: { kind: 'module', module: 'tool.js' }, ...terms });
  return fact('tool.registered', { tool: spec }, place);
}

export interface Asked {
  readonly invocation: string;
  readonly tool: string;
  readonly inputs?: object;
}

export interface Request {
  readonly step?: string;
  readonly priority?: 'urgent' | 'normal' | 'background' | number;
  readonly deadline?: string;
  readonly plan?: string;
  readonly project?: string;
  readonly campaign?: string;
  readonly whenLate?: 'run';
  readonly traceparent?: string;
}

/** A request for calls: `'a'` is a call `a` of tool `read`. */
export function asked(
  calls: readonly (Asked | string)[],
  { step = 'step', priority = 'normal', project = 'default', ...rest }: Request = {},
  place: Place = {},
): RecordedFact {
  const full = calls.map((call) => ({
    inputs: {},
    ...(typeof call === 'string' ? { invocation: call, tool: 'read' } : call),
  }));
  const data = { step, calls: full, project, priority, ...rest };
  return fact('tool.requested', data, { origin: AGENT, ...place });
}

export function allowed(invocation: string, catalogRevision = 1, place: Place = {}): RecordedFact {
  const data = { invocation, agent: AGENT, verdict: 'allow', argsDigest: DIGEST, catalogRevision };
  return fact('policy.decided', data, place);
}

export function decided(invocation: string, verdict: 'deny' | 'require-approval'): RecordedFact {
  return fact('policy.decided', {
    invocation,
    agent: AGENT,
    verdict,
    argsDigest: DIGEST,
    catalogRevision: 1,
  });
}

export function reserved(invocation: string, place: Place = {}): RecordedFact {
  return fact('budget.reserved', { invocation, holds: [] }, place);
}

/** Both facts that make a call ready. */
export function cleared(...invocations: readonly string[]): RecordedFact[] {
  return invocations.flatMap((invocation) => [allowed(invocation), reserved(invocation)]);
}

export interface Run {
  readonly attempt?: number;
  readonly executor?: string;
  readonly session?: string;
  readonly tenant?: string;
  /** How long it ran. */
  readonly ms?: number;
}

/** What a completion tells besides how it ended. */
export interface Ended extends Run {
  readonly startedAtMs?: number;
  readonly endedAtMs?: number;
  readonly writes?: readonly string[];
}

export function started(
  invocation: string,
  { attempt = 1, executor = 'e1', session = 's1', tenant = TENANT }: Run = {},
): RecordedFact {
  const data = { invocation, attempt, executor, session, argsDigest: DIGEST };
  return fact('execution.started', data, { tenant, origin: executor });
}

export function completed(
  invocation: string,
  { attempt = 1, executor = 'e1', session = 's1', tenant = TENANT, ms = 1, ...told }: Ended = {},
  outcome: RunOutcome = 'succeeded',
): RecordedFact {
  const data = {
    invocation,
    attempt,
    agent: AGENT,
    executor,
    session,
    outcome,
    argsDigest: DIGEST,
    usage: {},
  };
  const span = { startedAtMs: 0, endedAtMs: ms };
  return fact('execution.completed', { ...data, ...span, ...told }, { tenant, origin: executor });
}

/** An attempt that is not the last word. */
export function attempted(
  invocation: string,
  {
    at = 0,
    waitMs = 0,
    cause = 'failed',
    ...run
  }: Run & { at?: number; waitMs?: number; cause?: string } = {},
): RecordedFact {
  const { data, tenant, origin } = completed(invocation, run, cause === 'failed' ? 'failed' : 'cancelled');
  return fact('execution.attempted', { ...(data as object), cause, waitMs }, { tenant, origin, at });
}

export function fenced(executor = 'e1', session = 's1', tenant = TENANT): RecordedFact {
  return fact('execution.fenced', { executor, session }, { tenant, origin: executor });
}

/** Terms of the breaker of tool `read`, unless another scope is given. */
export function breaker(terms: object, place: Place = {}): RecordedFact {
  const scoped = 'pool' in terms || 'everything' in terms;
  const spec = breakerSpec.parse({ ...(scoped ? {} : { tool: 'read' }), ...terms });
  return fact('breaker.configured', { breaker: spec }, place);
}

export function forced(scope: string, mode: string, ttlSeconds?: number, place: Place = {}): RecordedFact {
  const ttl = ttlSeconds === undefined ? {} : { ttlSeconds };
  return fact('breaker.forced', { scope, mode, reason: 'a drill', ...ttl }, place);
}

export function released(scope: string, place: Place = {}): RecordedFact {
  return fact('breaker.released', { scope, reason: 'the drill is over' }, place);
}
