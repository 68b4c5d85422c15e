/** What came of the approvals that each agent asked for lately: an approver wants to know with whom he deals. */
import type { AgentId, Instant, InvocationId, Json, ToolName } from '@writ/contracts';
import { MAX_LATEST_APPROVALS, MAX_REQUESTERS } from './limits.ts';

export type ApprovalOutcome = 'granted' | 'denied' | 'expired';

export interface PastApproval {
  readonly invocation: InvocationId;
  readonly tool: ToolName;
  readonly outcome: ApprovalOutcome;
  readonly at: Instant;
}

export interface Requester {
  readonly granted: number;
  readonly denied: number;
  readonly expired: number;
  /** Newest last. */
  readonly latest: readonly PastApproval[];
}

const NEWCOMER: Requester = { granted: 0, denied: 0, expired: 0, latest: [] };

export class PastApprovals {
  /** Who asked longest ago comes first, and is forgotten first. */
  readonly #requesters = new Map<AgentId, Requester>();

  note(agent: AgentId, past: PastApproval): void {
    const known = this.of(agent);
    this.#requesters.delete(agent);
    const [oldest] = this.#requesters.keys();
    if (oldest !== undefined && this.#requesters.size >= MAX_REQUESTERS) this.#requesters.delete(oldest);
    const latest = [...known.latest, past].slice(-MAX_LATEST_APPROVALS);
    this.#requesters.set(agent, { ...known, [past.outcome]: known[past.outcome] + 1, latest });
  }

  of(agent: AgentId): Requester {
    return this.#requesters.get(agent) ?? NEWCOMER;
  }

  snapshot(): Json {
    return [...this.#requesters] as unknown as Json;
  }

  restore(json: Json): void {
    for (const [agent, requester] of json as unknown as [AgentId, Requester][])
      this.#requesters.set(agent, requester);
  }
}
