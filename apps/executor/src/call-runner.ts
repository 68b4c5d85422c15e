/**
 * One granted call's way through the executor: its tool is found, its inputs are checked against what was decided,
 * `execution.started` is committed when the tool may have an effect, the tool runs, and its conclusion is committed.
 * A call of a known READ_ONLY tool goes from grant to tool without waiting for anything.
 */
import { WritError } from '@writ/contracts';
import type { Grant, StopOrder } from '@writ/contracts';
import {
  admit,
  conclude,
  failedRun,
  failure,
  grantKey,
  idempotencyKey,
  nothingUsed,
  readAnswer,
  startedFact,
  withWrites,
} from '@writ/execution';
import type { QueryAnswer, RunResult, SealedInputs } from '@writ/execution';
import { CallEnding } from './call-ending.ts';
import type { RunningCall } from './call-ending.ts';
import { fillIn } from './large-inputs.ts';
import type { ExecutorPorts } from './ports.ts';
import { progressTo } from './progress-notices.ts';
import type { HeldCall, Session } from './session.ts';
import { StopSource } from './stop-signal.ts';
import { ToolCache } from './tool-cache.ts';
import type { ReadyTool } from './tool-cache.ts';
import type { PreparedTool } from './tool-run.ts';

export interface CallRunnerOptions {
  readonly ports: ExecutorPorts;
  readonly maxOutputBytes: number;
  /** A tool of a session that has ended is done: its slot is free again. */
  readonly onLeftoverDone: () => void;
}

const NO_QUERY: QueryAnswer = { status: 'unknown', detail: 'the tool declares no query' };

export class CallRunner {
  readonly #options: CallRunnerOptions;
  readonly #ports: ExecutorPorts;
  readonly #tools: ToolCache;
  readonly #ending: CallEnding;

  constructor(options: CallRunnerOptions) {
    this.#options = options;
    this.#ports = options.ports;
    this.#tools = new ToolCache(options.ports);
    this.#ending = new CallEnding(options.ports);
  }

  /** Takes a grant that is new to the session all the way to its committed completion, or gives it back. */
  take(session: Session, grant: Grant): void {
    const held: HeldCall = { session, grant, stop: new StopSource() };
    session.calls.add(held);
    if (session.draining) return this.#ending.giveBack(held);
    const tool = this.#tools.ready(grant.toolDigest);
    if (tool) this.#begin(held, tool);
    else void this.#fetchThenBegin(held);
  }

  /** Ends a call before its time. What has ended, or was never here, is not affected. */
  stop(session: Session, order: StopOrder): void {
    for (const held of session.calls) if (grantKey(held.grant) === order.grant) held.stop.stop(order);
  }

  /** Begins nothing more; what runs goes on. */
  close(): void {
    this.#tools.close();
  }

  async #fetchThenBegin(held: HeldCall): Promise<void> {
    const { session, grant } = held;
    const found = await this.#tools.fetch(grant.tenant, grant.toolDigest);
    if (session.ended) return;
    if (session.draining) return this.#ending.giveBack(held);
    if (found.status === 'ready') return this.#begin(held, found.tool);
    const { code, message } = found.error;
    if (grant.query)
      return this.#ending.unanswered(held, { status: 'unknown', detail: `${code}: ${message}` });
    this.#ending.refuse(held, grant.argsDigest, failure(code, message, nothingUsed(found.spec)));
  }

  #begin(held: HeldCall, tool: ReadyTool): void {
    const { session, grant } = held;
    const admission = admit(grant);
    if (admission.status === 'refused') {
      const { code, message } = admission.error;
      if (grant.query)
        return this.#ending.unanswered(held, { status: 'unknown', detail: `${code}: ${message}` });
      return this.#ending.refuse(held, admission.digest, failure(code, message, nothingUsed(tool.spec)));
    }
    const call: RunningCall = { held, tool, inputs: admission.inputs };
    if (grant.query) return void this.#enquire(call);
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

  async #run(call: RunningCall): Promise<void> {
    const { held, tool, inputs } = call;
    const { session, stop } = held;
    // The fence may have come through another tenant while this one's execution.started was on its way.
    if (session.ended) return;
    if (stop.order?.cause === 'cancelled') return this.#ending.cancelUnbegun(call, stop.order);
    const startedAtMs = this.#ports.now();
    const begun = performance.now();
    session.running++;
    const result = await this.#runTool(held, tool.run, inputs, tool);
    session.running--;
    this.#ports.metrics.ran(tool.spec.name, result.outcome, performance.now() - begun);
    // What a fenced session produced is dropped: the scheduler has decided about it already.
    if (session.ended) return this.#options.onLeftoverDone();
    const span = { startedAtMs, endedAtMs: this.#ports.now() };
    const ended = conclude(result, tool.check, this.#options.maxOutputBytes, tool.redact);
    const repeat = this.#ending.repeatOf(call, ended);
    if (repeat?.status !== 'ask')
      return this.#ending.end(call, withWrites(ended, result.writes), span, repeat);
    const answer = await this.#ask(call);
    if (session.ended) return;
    if (answer.status === 'done') return this.#conclude(call, answer.result, startedAtMs);
    const may = answer.status === 'not-done' ? ({ ...repeat, status: 'yes' } as const) : undefined;
    return this.#ending.end(call, withWrites(ended, result.writes), span, may);
  }

  /** Asks the tool what became of an attempt on an executor that was lost. */
  async #enquire(call: RunningCall): Promise<void> {
    const startedAtMs = this.#ports.now();
    const { held } = call;
    held.session.running++;
    const answer = await this.#ask(call);
    held.session.running--;
    if (held.session.ended) return this.#options.onLeftoverDone();
    if (answer.status === 'done') return this.#conclude(call, answer.result, startedAtMs);
    this.#ending.unanswered(held, answer);
  }

  async #ask({ held, tool, inputs }: RunningCall): Promise<QueryAnswer> {
    return tool.query ? readAnswer(await this.#runTool(held, tool.query, inputs, tool)) : NO_QUERY;
  }

  /** The tool's own record tells how the call ended. */
  #conclude(call: RunningCall, result: RunResult, startedAtMs: number): Promise<void> {
    const { check, redact } = call.tool;
    const ended = conclude(result, check, this.#options.maxOutputBytes, redact);
    return this.#ending.end(call, ended, { startedAtMs, endedAtMs: this.#ports.now() }, undefined);
  }

  /** Runs the tool; an adapter that breaks its own promise still ends the call. */
  async #runTool(
    { grant, stop }: HeldCall,
    prepared: PreparedTool,
    { text, digest: argsDigest }: SealedInputs,
    { large }: ReadyTool,
  ): Promise<RunResult> {
    const { tenant, agent, invocation, attempt, fencingToken, nodes } = grant;
    const key = idempotencyKey(grant);
    const { traces } = this.#ports;
    const traceparent = traces.traceparent(grant);
    try {
      const inputs = large === undefined ? text : await fillIn(text, large, this.#ports);
      const run = {
        tenant,
        agent,
        invocation,
        attempt,
        idempotencyKey: key,
        fencingToken,
        nodes,
        inputs,
        argsDigest,
        signal: stop,
        traceparent,
      };
      const work = { ...run, progress: progressTo(this.#ports, grant) };
      return await traces.within(traceparent, () => prepared(work));
    } catch (error) {
      if (error instanceof WritError) return failedRun(error.code, error.message);
      return failedRun('adapter-failed', `the executor could not run the tool: ${String(error)}`);
    }
  }
}
