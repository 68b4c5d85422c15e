/** What the agent needs of the world, so that it runs the same over NATS and in a test. */
import type {
  AgentId,
  Digest,
  Instant,
  PayloadRef,
  PullReply,
  PullRequest,
  TenantId,
  ToolAdapter as AdapterSpec,
  ToolSpec,
} from '@writ/contracts';
import type { Ledger } from '@writ/ledger';
import type { ExecutorMetrics } from './metrics.ts';
import type { RunTraces } from './run-traces.ts';
import type { SecretStore } from './secret-store.ts';
import type { ToolAdapter } from './tool-run.ts';

/** Keeps outputs that are too large for a fact. Putting the same digest twice is harmless. */
export interface PayloadStore {
  put(ref: PayloadRef, bytes: Uint8Array): Promise<void>;
}

/** Reads what was stored under a digest; the digest is not checked here. */
export interface PayloadReader {
  read(digest: Digest): Promise<Uint8Array | undefined>;
}

/** The scheduler's leader, over request/reply. Both reject when nobody answers in time. */
export interface SchedulerPort {
  /**
   * Held open by the leader until its own bound (about 5 s) has passed. What it has for the executor until then goes to
   * `more`; the last answer ends the pull.
   */
  pull(request: PullRequest, more: (reply: PullReply) => void): Promise<PullReply>;
  /** The spec that a grant names; undefined when the tenant has no such tool. */
  fetchTool(tenant: TenantId, digest: Digest): Promise<ToolSpec | undefined>;
}

export interface ExecutorPorts {
  readonly scheduler: SchedulerPort;
  readonly ledger: Ledger;
  readonly payloads: PayloadStore;
  readonly largeInputs: PayloadReader;
  /** What kinds of tools this executor can run. */
  readonly adapters: Readonly<Partial<Record<AdapterSpec['kind'], ToolAdapter>>>;
  readonly secrets: SecretStore;
  /** Hands a CloudEvents batch of committed facts to the agent that waits for them; not stored, may be lost. */
  notify(tenant: TenantId, agent: AgentId, batch: Uint8Array): void;
  /** What went wrong and was survived; for the log. */
  trouble(error: unknown, doing: string): void;
  readonly metrics: ExecutorMetrics;
  readonly traces: RunTraces;
  /** Epoch milliseconds. */
  now(): Instant;
  /** In [0, 1): spreads retries. */
  readonly random: () => number;
  /** A subject token that no session had before. */
  newSession(): string;
}
