/** Who connects to NATS: the five services, executors, operators, and the agents and people of each tenant. */
import type { AgentId, ExecutorId, TenantId } from '@writ/contracts';

/** The services of a cell, in the order in which one starts them. */
export const SERVICES = ['policy', 'budget', 'scheduler', 'executor', 'audit'] as const;
export type ServiceName = (typeof SERVICES)[number];

/** Services that decide: each has a leader lease, keeps snapshots and writes one kind of subject. */
export const DECIDERS = ['policy', 'budget', 'scheduler'] as const;
export type DeciderName = (typeof DECIDERS)[number];

export type Principal =
  | { readonly kind: 'decider'; readonly service: DeciderName }
  | { readonly kind: 'audit' }
  /** Without an id it may be any executor: one user for a development machine. */
  | { readonly kind: 'executor'; readonly executor?: ExecutorId }
  /** Without a tenant he administers every tenant. */
  | { readonly kind: 'operator'; readonly tenant?: TenantId }
  | { readonly kind: 'agent'; readonly tenant: TenantId; readonly agent: AgentId }
  | { readonly kind: 'approver'; readonly tenant: TenantId; readonly approver: string }
  /** Serves one `nats` tool of one tenant; without a name any of them: one user for a development machine. */
  | { readonly kind: 'worker'; readonly tenant: TenantId; readonly worker?: string };

/** What every cell needs: its services and an operator. */
export const CELL_PRINCIPALS: readonly Principal[] = [
  ...DECIDERS.map((service) => ({ kind: 'decider', service }) as const),
  { kind: 'executor' },
  { kind: 'audit' },
  { kind: 'operator' },
];

/** The user name that a principal connects with; its inbox is `_INBOX_<user>`. */
export function userOf(principal: Principal): string {
  switch (principal.kind) {
    case 'decider':
      return principal.service;
    case 'audit':
      return 'audit';
    case 'executor':
      return principal.executor === undefined ? 'executor' : `executor-${principal.executor}`;
    case 'operator':
      return principal.tenant === undefined ? 'operator' : `operator-${principal.tenant}`;
    case 'agent':
      return `agent-${principal.tenant}-${principal.agent}`;
    case 'approver':
      return `approver-${principal.tenant}-${principal.approver}`;
    case 'worker':
      return `worker-${principal.tenant}${principal.worker === undefined ? '' : `-${principal.worker}`}`;
  }
}
