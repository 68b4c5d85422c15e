/**
 * Every subject of Writ, built and read in this file only (ARCHITECTURE §2). `writ.<tenant>.<kind>[.<origin>]`:
 * the tenant and the origin (agent, approver, executor) come from the credential, never from a body.
 */
import type { AgentId, ExecutorId, RunId, TenantId } from './ids.ts';

/** The kinds of subject that the ledger stores. */
export const SubjectKind = {
  requests: 'requests',
  catalog: 'catalog',
  approvals: 'approvals',
  decisions: 'decisions',
  budget: 'budget',
  schedule: 'schedule',
  executions: 'executions',
  flows: 'flows',
} as const;
export type SubjectKind = (typeof SubjectKind)[keyof typeof SubjectKind];

/** Name of the JetStream stream that is the source of truth. */
export const LEDGER_STREAM = 'WRIT';

/** Object store bucket of payloads over `MAX_INLINE_PAYLOAD_BYTES`, by digest. */
export const PAYLOAD_BUCKET = 'WRIT_PAYLOADS';

/** What the stream stores: every kind of every tenant; notices and api calls are not stored. */
export const STORED_SUBJECTS: readonly string[] = Object.values(SubjectKind).flatMap((kind) =>
  kind === 'requests' || kind === 'approvals' || kind === 'executions' || kind === 'flows'
    ? [`writ.*.${kind}.*`]
    : [`writ.*.${kind}`],
);

/** A stored subject taken apart. `origin` is the last token: an agent, approver, executor or run; else the kind itself. */
export interface SubjectParts {
  readonly tenant: TenantId;
  readonly kind: SubjectKind;
  readonly origin: string;
}

export const subjects = {
  requests: (tenant: TenantId, agent: AgentId): string => `writ.${tenant}.requests.${agent}`,
  catalog: (tenant: TenantId): string => `writ.${tenant}.catalog`,
  approvals: (tenant: TenantId, approver: string): string => `writ.${tenant}.approvals.${approver}`,
  decisions: (tenant: TenantId): string => `writ.${tenant}.decisions`,
  budget: (tenant: TenantId): string => `writ.${tenant}.budget`,
  schedule: (tenant: TenantId): string => `writ.${tenant}.schedule`,
  executions: (tenant: TenantId, executor: ExecutorId): string => `writ.${tenant}.executions.${executor}`,
  flows: (tenant: TenantId, run: RunId): string => `writ.${tenant}.flows.${run}`,
  /** Copies of the facts that an agent waits for; not stored. */
  notices: (tenant: TenantId, agent: AgentId): string => `writ.${tenant}.notices.${agent}`,
  /** Requests of executors to the workers of a `nats` tool; not stored. */
  worker: (tenant: TenantId | '*', worker: string): string => `writ.${tenant}.workers.${worker}`,
  /** Where those workers hear that nobody waits for a call any more; not stored. */
  workerCancel: (tenant: TenantId | '*', worker: string): string => `writ.${tenant}.workers.${worker}.cancel`,
  /** Where a service of the cell says that another of its processes leads now; an empty message, not stored. */
  leaders: (service: string): string => `writ._cell.leaders.${service}`,
  /** Request/reply; not stored. `service` and `call` name the handler. */
  api: (tenant: TenantId, service: string, call: string): string => `writ.${tenant}.api.${service}.${call}`,
} as const;

const KINDS: ReadonlySet<string> = new Set(Object.values(SubjectKind));

/** What was taken apart last: whoever reads the ledger asks for the same subject several times in a row. */
let last: { readonly subject: string; readonly parts: SubjectParts | undefined } | undefined;

/** Takes a stored subject apart; `undefined` for a subject that is none of ours. */
export function parseSubject(subject: string): SubjectParts | undefined {
  if (last?.subject !== subject) last = { subject, parts: takeApart(subject) };
  return last.parts;
}

function takeApart(subject: string): SubjectParts | undefined {
  const tenantEnd = subject.indexOf('.', 5);
  if (!subject.startsWith('writ.') || tenantEnd < 0) return undefined;
  const kindEnd = subject.indexOf('.', tenantEnd + 1);
  const kind = kindEnd < 0 ? subject.slice(tenantEnd + 1) : subject.slice(tenantEnd + 1, kindEnd);
  if (!KINDS.has(kind)) return undefined;
  const origin = kindEnd < 0 ? kind : subject.slice(kindEnd + 1);
  return { tenant: subject.slice(5, tenantEnd) as TenantId, kind: kind as SubjectKind, origin };
}
