/**
 * One run of one tool, as every adapter sees it. An adapter turns a spec into something that runs, once per spec, and
 * then runs it; it never rejects for what a tool does, and knows nothing of grants, sessions or the ledger.
 */
import type { AgentId, Digest, InvocationId, TenantId, ToolSpec } from '@writ/contracts';
import type { RunResult } from '@writ/execution';
import type { StopSignal } from './stop-signal.ts';

export interface ToolRun {
  readonly tenant: TenantId;
  readonly agent: AgentId;
  readonly invocation: InvocationId;
  readonly attempt: number;
  /** The same over all attempts of the invocation. */
  readonly idempotencyKey: string;
  /** Rises with every grant: a resource may refuse whoever comes with a lower one. */
  readonly fencingToken: number;
  /** The executors that a call of several nodes has, this one first. */
  readonly nodes?: readonly string[] | undefined;
  /** Canonical JSON of the arguments: the very bytes that were decided on. */
  readonly inputs: string;
  /** Digest of `inputs`. */
  readonly argsDigest: Digest;
  /** W3C trace context of this run: the tool's own spans are its children. Absent when nothing is traced. */
  readonly traceparent?: string | undefined;
  /** `secret://name` -> value, of every secret that the tool's spec names. */
  readonly secrets?: ReadonlyMap<string, string> | undefined;
  /** Aborts when nobody waits for the call any more. */
  readonly signal?: StopSignal | undefined;
  /** Tells the agent how far the call is: any small JSON value. Not stored, may be lost. */
  readonly progress?: ((note: unknown) => void) | undefined;
}

/** A tool made ready to run. */
export type PreparedTool = (run: ToolRun) => Promise<RunResult>;

export interface ToolAdapter {
  /** @throws WritError `invalid-tool` with a sentence when the spec can never run here. */
  prepare(tool: ToolSpec): Promise<PreparedTool>;
  /** Ends what still runs, by force; resolves when nothing of it is left. */
  close(): Promise<void>;
}
