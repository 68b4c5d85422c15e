/**
 * `http` tools: one request per call, its body the very bytes of the inputs that were decided on. A failure is
 * repeated when the tool's effects allow it: what is `pure` or `keyed` (it gets `Idempotency-Key`) after any passing
 * trouble, anything else only when the request certainly never reached the server. Redirects are not followed: they
 * would carry the tool's headers to a host that nobody decided on.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { Backoff, Effects, RunOutcome, WritError, effectsOf } from '@writ/contracts';
import type { JsonObject, ToolSpec } from '@writ/contracts';
import { Measured, failedRun } from '@writ/execution';
import type { RunResult } from '@writ/execution';
import { expandUrl } from './http-url.ts';
import { readBody } from './http-body.ts';
import { FIRST_HTTP_RETRY_MS, LONGEST_RETRY_MS } from './limits.ts';
import { abortSignalOf } from './stop-signal.ts';
import { withSecretValues } from './tool-environment.ts';
import type { PreparedTool, ToolAdapter, ToolRun } from './tool-run.ts';
import { unfinished } from './unfinished.ts';

type HttpSpec = Extract<ToolSpec['adapter'], { kind: 'http' }>;

export interface HttpAdapterOptions {
  readonly maxOutputBytes: number;
  /** In [0, 1): spreads retries. */
  readonly random: () => number;
}

interface HttpTool extends HttpSpec {
  readonly name: string;
  readonly timeoutMs: number;
  /** It may run again although it may have run before. */
  readonly repeatable: boolean;
}

/** One try: a result to keep, or a failure that passes. */
interface Attempt {
  readonly result: RunResult;
  readonly passing?: { readonly reached: boolean; readonly afterMs: number };
  readonly receivedBytes: number;
}

const NO_BODY: ReadonlySet<string> = new Set(['GET', 'DELETE']);
const PASSING: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);
/** These come before a connection stands, so nothing was sent. */
const UNREACHED: ReadonlySet<unknown> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);
const LONGEST_EXCERPT = 500;

export class HttpAdapter implements ToolAdapter {
  readonly #options: HttpAdapterOptions;
  readonly #closing = new AbortController();

  constructor(options: HttpAdapterOptions) {
    this.#options = options;
  }

  prepare(tool: ToolSpec): Promise<PreparedTool> {
    const { adapter, name } = tool;
    if (adapter.kind !== 'http') throw new WritError('invalid-tool', `tool "${name}" is no http tool`);
    const effects = effectsOf(tool);
    const repeatable = effects === Effects.pure || effects === Effects.keyed;
    const ready = { ...adapter, name, timeoutMs: 1_000 * tool.timeoutSeconds, repeatable };
    return Promise.resolve((run) => this.#run(ready, run));
  }

  close(): Promise<void> {
    this.#closing.abort();
    return Promise.resolve();
  }

  async #run(tool: HttpTool, run: ToolRun): Promise<RunResult> {
    let url: URL;
    try {
      url = expandUrl(tool.url, JSON.parse(run.inputs) as JsonObject);
    } catch (error) {
      if (error instanceof WritError) return failedRun(error.code, error.message);
      throw error;
    }
    const begun = performance.now();
    const timeout = AbortSignal.timeout(tool.timeoutMs);
    const stop = abortSignalOf(run.signal);
    const signal = AbortSignal.any([timeout, this.#closing.signal, ...(stop ? [stop] : [])]);
    const backoff = new Backoff(FIRST_HTTP_RETRY_MS, LONGEST_RETRY_MS, this.#options.random);
    let received = 0;
    for (let attempt = 1; ; attempt++) {
      const { result, passing, receivedBytes } = await this.#attempt(tool, run, url, signal, timeout);
      received += receivedBytes;
      const again = passing !== undefined && (tool.repeatable || !passing.reached);
      if (again && attempt <= tool.retries && !signal.aborted) {
        const pause = Math.max(backoff.pauseMs(), passing.afterMs);
        await delay(pause, undefined, { signal }).catch(() => undefined);
        if (!signal.aborted) continue;
      }
      const measured = {
        [Measured.wallSeconds]: (performance.now() - begun) / 1_000,
        [Measured.requests]: attempt,
        [Measured.bytesSent]: NO_BODY.has(tool.method) ? 0 : attempt * Buffer.byteLength(run.inputs),
        [Measured.bytesReceived]: received,
      };
      return { ...result, measured };
    }
  }

  async #attempt(
    tool: HttpTool,
    run: ToolRun,
    url: URL,
    signal: AbortSignal,
    timeout: AbortSignal,
  ): Promise<Attempt> {
    try {
      const response = await fetch(url, {
        method: tool.method,
        headers: headersOf(tool, run),
        body: NO_BODY.has(tool.method) ? null : run.inputs,
        redirect: 'manual',
        signal,
      });
      const body = await readBody(response, this.#options.maxOutputBytes);
      return { ...judge(tool, response, body), receivedBytes: body.bytes };
    } catch (error) {
      if (!signal.aborted) return unreached(tool, url, error);
      return { result: timeout.aborted ? timedOut(tool) : unfinished(run.signal), receivedBytes: 0 };
    }
  }
}

function judge(
  tool: HttpTool,
  response: Response,
  body: Awaited<ReturnType<typeof readBody>>,
): Omit<Attempt, 'receivedBytes'> {
  const { status } = response;
  if (body.tooLarge) {
    return {
      result: failedRun('output-too-large', `"${tool.name}" answered with more than is kept; it was cut off`),
    };
  }
  if (response.ok) return { result: { outcome: RunOutcome.succeeded, output: body.value } };
  const excerpt = body.text === '' ? '' : `; it said: ${body.text.slice(0, LONGEST_EXCERPT)}`;
  const result = failedRun(
    `http-${status}`,
    `"${tool.name}" answered ${status} ${response.statusText}${excerpt}`,
  );
  if (!PASSING.has(status)) return { result };
  const seconds = Number(response.headers.get('retry-after') ?? 0);
  return { result, passing: { reached: true, afterMs: Number.isFinite(seconds) ? 1_000 * seconds : 0 } };
}

function unreached({ name }: HttpTool, url: URL, error: unknown): Attempt {
  const cause = (error as { cause?: { code?: unknown; message?: string } }).cause;
  const why = cause?.message ?? String(error);
  const reached = !UNREACHED.has(cause?.code);
  const result = failedRun(reached ? 'connection-lost' : 'unreachable', `"${name}" at ${url.host}: ${why}`);
  return { result, passing: { reached, afterMs: 0 }, receivedBytes: 0 };
}

function timedOut({ name, timeoutMs }: HttpTool): RunResult {
  const message = `"${name}" did not answer within ${timeoutMs / 1_000} s`;
  return { outcome: RunOutcome.timedOut, error: { code: 'timeout', message } };
}

function headersOf(tool: HttpTool, run: ToolRun): Record<string, string> {
  const own = Object.entries(tool.headers).map(([name, value]) => [name, withSecretValues(value, run)]);
  return {
    accept: 'application/json, text/plain;q=0.9, */*;q=0.1',
    ...(NO_BODY.has(tool.method) ? {} : { 'content-type': 'application/json' }),
    ...(Object.fromEntries(own) as Record<string, string>),
    'idempotency-key': run.idempotencyKey,
    'writ-invocation': run.invocation,
    'writ-attempt': String(run.attempt),
    'writ-fencing-token': String(run.fencingToken),
    'writ-args-digest': run.argsDigest,
    ...(run.traceparent === undefined ? {} : { traceparent: run.traceparent }),
  };
}
