/**
 * One granted call's way through the executor: its tool is found, its inputs are checked against what was decided,
 * `execution.started` is committed when the tool may have an effect, the tool runs, and its conclusion is committed.
 * A call of a known READ_ONLY tool goes from grant to tool without waiting for anything.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { WritError } from '@writ/contracts';
import type { Digest, Grant } from '@writ/contracts';
import {
  admit,
  completedFact,
  conclude,
  failedRun,
  failure,
  grantKey,
  idempotencyKey,
  nothingUsed,
  startedFact,
  withWrites,
} from '@writ/execution';
import type { Conclusion, RunResult, RunSpan, SealedInputs } from '@writ/execution';
import { Backoff } from './backoff.ts';
import { fillIn } from './large-inputs.ts';
import { FIRST_RETRY_MS, LONGEST_RETRY_MS, MOST_ATTEMPTS } from './limits.ts';
import type { ExecutorPorts } from './ports.ts';
import { progressTo } from './progress-notices.ts';
import type { Session } from './session.ts';
import { ToolCache } from './tool-cache.ts';
import type { ReadyTool } from './tool-cache.ts';

export interface CallRunnerOptions {
  readonly ports: ExecutorPorts;
  readonly maxOutputBytes: number;
  /** A tool of a session that has ended is done: its slot is free again. */
  readonly onLeftoverDone: () => void;
}

/** A call that may run: its grant, and the bytes that were decided on. */
interface AdmittedCall {
  readonly session: Session;
  readonly grant: Grant;
  readonly tool: ReadyTool;
  readonly inputs: SealedInputs;
}

export class CallRunner {
  readonly #options: CallRunnerOptions;
  readonly #ports: ExecutorPorts;
  readonly #tools: ToolCache;

  constructor(options: CallRunnerOptions) {
    this.#options = options;
    this.#ports = options.ports;
    this.#tools = new ToolCache(options.ports);
  }

  /** Takes a grant that is new to the session all the way to its committed completion. */
  take(session: Session, grant: Grant): void {
    const tool = this.#tools.ready(grant.toolDigest);
    if (tool) this.#begin(session, grant, tool);
    else void this.#fetchThenBegin(session, grant);
  }

  async #fetchThenBegin(session: Session, grant: Grant): Promise<void> {
    const found = await this.#tools.fetch(grant.tenant, grant.toolDigest);
    if (session.ended) return;
    if (found.status === 'ready') return this.#begin(session, grant, found.tool);
    const { code, message } = found.error;
    this.#refuse(session, grant, grant.argsDigest, failure(code, message, nothingUsed(found.spec)));
  }

  #begin(session: Session, grant: Grant, tool: ReadyTool): void {
    const admission = admit(grant);
    if (admission.status === 'refused') {
      const { code, message } = admission.error;
      return this.#refuse(session, grant, admission.digest, failure(code, message, nothingUsed(tool.spec)));
    }
    const call: AdmittedCall = { session, grant, tool, inputs: admission.inputs };
    if (!tool.startsFirst) return void this.#run(call);
    session.writer.write(grant.tenant, grant.fencingToken, {
      fact: startedFact(session.runner, grant, call.inputs.digest),
      inlineBytes: 0,
      committed: (seq) => {
        session.log.committed(seq);
        void this.#run(call);
      },
    });
  }

  async #run(call: AdmittedCall): Promise<void> {
    const { session, grant, tool, inputs } = call;
    // The fence may have come through another tenant while this one's execution.started was on its way.
    if (session.ended) return;
    const startedAtMs = this.#ports.now();
    const begun = performance.now();
    session.running++;
    const result = await this.#runTool(grant, tool, inputs);
    session.running--;
    this.#ports.metrics.ran(tool.spec.name, result.outcome, performance.now() - begun);
    // What a fenced session produced is dropped: the scheduler has decided about it already.
    if (session.ended) return this.#options.onLeftoverDone();
    const span = { startedAtMs, endedAtMs: this.#ports.now() };
    const ended = conclude(result, tool.check, this.#options.maxOutputBytes, tool.redact);
    const conclusion = withWrites(ended, result.writes);
    const kept = conclusion.store === undefined ? conclusion : await this.#keep(conclusion, conclusion.store);
    this.#complete(session, grant, inputs.digest, kept, span);
  }

  /** Runs the tool; an adapter that breaks its own promise still ends the call. */
  async #runTool(
    grant: Grant,
    tool: ReadyTool,
    { text, digest: argsDigest }: SealedInputs,
  ): Promise<RunResult> {
    const { tenant, agent, invocation, attempt, fencingToken } = grant;
    const key = idempotencyKey(grant);
    try {
      const inputs = tool.large === undefined ? text : await fillIn(text, tool.large, this.#ports);
      const run = {
        tenant,
        agent,
        invocation,
        attempt,
        idempotencyKey: key,
        fencingToken,
        inputs,
        argsDigest,
      };
      return await tool.run({ ...run, progress: progressTo(this.#ports, grant) });
    } catch (error) {
      if (error instanceof WritError) return failedRun(error.code, error.message);
      return failedRun('adapter-failed', `the executor could not run the tool: ${String(error)}`);
    }
  }

  /** Stores a large output before its digest is stated; a call whose output cannot be kept has failed. */
  async #keep(conclusion: Conclusion, store: NonNullable<Conclusion['store']>): Promise<Conclusion> {
    const backoff = new Backoff(FIRST_RETRY_MS, LONGEST_RETRY_MS, this.#ports.random);
    for (let attempt = 1; attempt <= MOST_ATTEMPTS; attempt++) {
      try {
        await this.#ports.payloads.put(store.ref, store.bytes);
        return conclusion;
      } catch (error) {
        this.#ports.trouble(error, `storing an output of ${store.ref.bytes} bytes`);
        if (attempt < MOST_ATTEMPTS) await delay(backoff.pauseMs());
      }
    }
    const message = `the output of ${store.ref.bytes} bytes could not be stored`;
    return failure('output-not-stored', message, conclusion.ending.usage);
  }

  /** Completes a call that never ran. */
  #refuse(session: Session, grant: Grant, argsDigest: Digest, conclusion: Conclusion): void {
    const now = this.#ports.now();
    this.#complete(session, grant, argsDigest, conclusion, { startedAtMs: now, endedAtMs: now });
  }

  #complete(session: Session, grant: Grant, argsDigest: Digest, conclusion: Conclusion, span: RunSpan): void {
    session.writer.write(grant.tenant, grant.fencingToken, {
      fact: completedFact(session.runner, grant, argsDigest, conclusion.ending, span),
      inlineBytes: conclusion.inlineBytes,
      notify: grant.agent,
      committed: (seq) => session.log.finished(grantKey(grant), seq),
    });
  }
}
