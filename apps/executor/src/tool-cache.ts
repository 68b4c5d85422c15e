/**
 * Tools made ready to run, by the digest of their spec, so that a grant of a known tool starts without any waiting.
 * Only what can run is kept: a tool that is missing or broken here is looked at again with the next grant.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { Backoff, WritError, isQueryable, messageOf } from '@writ/contracts';
import type { Digest, TenantId, ToolSpec } from '@writ/contracts';
import { compileOutputCheck, compileRedaction, queryToolOf, startsFirst } from '@writ/execution';
import type { OutputCheck, Redaction, RunError } from '@writ/execution';
import { FIRST_RETRY_MS, LONGEST_RETRY_MS, TOOLS_KEPT } from './limits.ts';
import type { ExecutorPorts } from './ports.ts';
import { largeInputsOf } from './large-inputs.ts';
import type { LargeInputs } from './large-inputs.ts';
import { withSecrets } from './secret-scope.ts';
import type { PreparedTool, ToolAdapter } from './tool-run.ts';
import { watchingWrites } from './watched-paths.ts';

export interface ReadyTool {
  readonly spec: ToolSpec;
  /** Whether `execution.started` must stand in the ledger before it runs. */
  readonly startsFirst: boolean;
  readonly check: OutputCheck;
  readonly redact: Redaction | undefined;
  /** Inputs that may lie in the payload store, and the check that all inputs fit once they are there. */
  readonly large: LargeInputs | undefined;
  readonly run: PreparedTool;
  /** What says what became of a call that nobody saw the end of; only of a `queryable` tool. */
  readonly query: PreparedTool | undefined;
}

export type Lookup =
  | { readonly status: 'ready'; readonly tool: ReadyTool }
  | { readonly status: 'unusable'; readonly error: RunError; readonly spec: ToolSpec | undefined };

type Ports = Pick<ExecutorPorts, 'scheduler' | 'adapters' | 'secrets' | 'random' | 'trouble'>;

export class ToolCache {
  readonly #ports: Ports;
  /** In order of arrival; the oldest is forgotten first. */
  readonly #ready = new Map<Digest, ReadyTool>();
  readonly #fetching = new Map<Digest, Promise<Lookup>>();
  readonly #closing = new AbortController();

  constructor(ports: Ports) {
    this.#ports = ports;
  }

  /** The tool, when it is at hand. */
  ready(digest: Digest): ReadyTool | undefined {
    return this.#ready.get(digest);
  }

  /** Fetches and prepares a tool; several who ask at once share one request. */
  fetch(tenant: TenantId, digest: Digest): Promise<Lookup> {
    const running = this.#fetching.get(digest);
    if (running) return running;
    const fetching = this.#fetch(tenant, digest).finally(() => this.#fetching.delete(digest));
    this.#fetching.set(digest, fetching);
    return fetching;
  }

  /** What is being fetched is given up. */
  close(): void {
    this.#closing.abort();
  }

  async #fetch(tenant: TenantId, digest: Digest): Promise<Lookup> {
    let spec: ToolSpec | undefined;
    try {
      spec = await this.#ask(tenant, digest);
    } catch (error) {
      return unusable('tool-unavailable', `the tool's spec could not be fetched: ${messageOf(error)}`);
    }
    if (spec === undefined)
      return unusable('unknown-tool', `the scheduler knows no tool ${digest} of tenant ${tenant}`);
    try {
      const check = compileOutputCheck(spec.outputs);
      const redact = compileRedaction(spec.outputs);
      const prepared = watchingWrites(spec, await this.#adapterOf(spec).prepare(spec));
      const run = withSecrets(spec, prepared, this.#ports.secrets);
      const query = isQueryable(spec) ? await this.#prepareQuery(spec) : undefined;
      const large = largeInputsOf(spec);
      const tool = { spec, startsFirst: startsFirst(spec), check, redact, large, run, query };
      this.#keep(digest, tool);
      return { status: 'ready', tool };
    } catch (error) {
      const code = error instanceof WritError ? error.code : 'invalid-tool';
      return unusable(code, messageOf(error), spec);
    }
  }

  async #prepareQuery(spec: ToolSpec): Promise<PreparedTool> {
    const query = queryToolOf(spec);
    return withSecrets(query, await this.#adapterOf(query).prepare(query), this.#ports.secrets);
  }

  #adapterOf({ name, adapter }: ToolSpec): ToolAdapter {
    const found = this.#ports.adapters[adapter.kind];
    if (found) return found;
    throw new WritError('invalid-tool', `this executor runs no ${adapter.kind} tools, which "${name}" is`);
  }

  /** A scheduler that is away is waited for, as pulls do: the call has not begun, and is no worse for it. */
  async #ask(tenant: TenantId, digest: Digest): Promise<ToolSpec | undefined> {
    const backoff = new Backoff(FIRST_RETRY_MS, LONGEST_RETRY_MS, this.#ports.random);
    const { signal } = this.#closing;
    for (;;) {
      try {
        return await this.#ports.scheduler.fetchTool(tenant, digest);
      } catch (error) {
        if (signal.aborted || (error instanceof WritError && !error.retryable)) throw error;
        this.#ports.trouble(error, `fetching tool ${digest}`);
        await delay(backoff.pauseMs(), undefined, { signal });
      }
    }
  }

  #keep(digest: Digest, tool: ReadyTool): void {
    this.#ready.set(digest, tool);
    if (this.#ready.size <= TOOLS_KEPT) return;
    for (const oldest of this.#ready.keys()) return void this.#ready.delete(oldest);
  }
}

function unusable(code: string, message: string, spec?: ToolSpec): Lookup {
  return { status: 'unusable', error: { code, message }, spec };
}
