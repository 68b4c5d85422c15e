/**
 * `mcp` tools: one `tools/call` per call over a connection that stays. The server's word counts for the output only:
 * what the tool may touch, and which inputs it takes, is what the catalog says. A lost connection is made anew; the
 * call is repeated on it only when its effects allow that.
 */
import { resolve } from 'node:path';
import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { ErrorCode, McpError } from '@modelcontextprotocol/sdk/types.js';
import { Effects, RunOutcome, WritError, canonicalJson, effectsOf, messageOf } from '@writ/contracts';
import type { JsonObject, ToolSpec } from '@writ/contracts';
import { Measured, failedRun } from '@writ/execution';
import type { RunResult } from '@writ/execution';
import { connectMcp } from './mcp-connection.ts';
import type { McpConnectionOptions } from './mcp-connection.ts';
import { outputOf } from './mcp-output.ts';
import { abortSignalOf } from './stop-signal.ts';
import type { PreparedTool, ToolAdapter, ToolRun } from './tool-run.ts';
import { CANCELLED } from './unfinished.ts';

interface McpTool {
  readonly spec: Extract<ToolSpec['adapter'], { kind: 'mcp' }>;
  readonly name: string;
  readonly timeoutMs: number;
  readonly repeatable: boolean;
}

export class McpAdapter implements ToolAdapter {
  readonly #options: McpConnectionOptions;
  /** By the server and the secrets that it was connected with. */
  readonly #connections = new Map<string, Promise<Client>>();

  constructor(options: McpConnectionOptions) {
    this.#options = { ...options, toolsFolder: resolve(options.toolsFolder) };
  }

  prepare(tool: ToolSpec): Promise<PreparedTool> {
    const { adapter: spec, name } = tool;
    if (spec.kind !== 'mcp') throw new WritError('invalid-tool', `tool "${name}" is no mcp tool`);
    const effects = effectsOf(tool);
    const repeatable = effects === Effects.pure || effects === Effects.keyed;
    const ready: McpTool = { spec, name, timeoutMs: 1_000 * tool.timeoutSeconds, repeatable };
    return Promise.resolve((run) => this.#run(ready, run));
  }

  async close(): Promise<void> {
    const open = [...this.#connections.values()];
    this.#connections.clear();
    await Promise.all(open.map((client) => client.then((one) => one.close()).catch(() => undefined)));
  }

  async #run(tool: McpTool, run: ToolRun): Promise<RunResult> {
    const begun = performance.now();
    const deadline = begun + tool.timeoutMs;
    let requests = 1;
    let result = await this.#call(tool, run, deadline);
    if (result === 'lost' && tool.repeatable) {
      requests++;
      result = await this.#call(tool, run, deadline);
    }
    if (result === 'lost')
      result = failedRun('connection-lost', `the MCP server of "${tool.name}" went away`);
    const measured = {
      [Measured.wallSeconds]: (performance.now() - begun) / 1_000,
      [Measured.requests]: requests,
      [Measured.bytesSent]: requests * Buffer.byteLength(run.inputs),
    };
    return { ...result, measured };
  }

  async #call(tool: McpTool, run: ToolRun, deadline: number): Promise<RunResult | 'lost'> {
    let client: Client;
    try {
      client = await this.#connection(tool, run);
    } catch (error) {
      return failedRun('unreachable', `the MCP server of "${tool.name}" cannot be used: ${messageOf(error)}`);
    }
    const stop = abortSignalOf(run.signal);
    try {
      const answer = await client.callTool(
        { name: tool.spec.tool, arguments: JSON.parse(run.inputs) as JsonObject, _meta: identity(run) },
        undefined,
        {
          timeout: Math.max(1, deadline - performance.now()),
          ...(stop ? { signal: stop } : {}),
          ...(run.progress ? { onprogress: (note): void => run.progress?.(note) } : {}),
        },
      );
      return outputOf(tool.name, answer, this.#options.maxOutputBytes);
    } catch (error) {
      if (run.signal?.aborted) return CANCELLED;
      if (error instanceof McpError && error.code === (ErrorCode.RequestTimeout as number))
        return timedOut(tool);
      if (error instanceof McpError && error.code === (ErrorCode.ConnectionClosed as number)) return 'lost';
      return failedRun('mcp-error', `"${tool.name}": ${messageOf(error)}`);
    }
  }

  #connection(tool: McpTool, run: ToolRun): Promise<Client> {
    const key = canonicalJson([tool.spec.server, [...(run.secrets ?? [])]]);
    const known = this.#connections.get(key);
    if (known) return known;
    const forget = (): void => {
      if (this.#connections.get(key) === client) this.#connections.delete(key);
    };
    const client = connectMcp(tool.spec.server, run, this.#options, forget);
    this.#connections.set(key, client);
    client.catch(forget);
    return client;
  }
}

/** In the request's `_meta`, where MCP keeps what is no argument. */
function identity(run: ToolRun): Record<string, unknown> {
  return {
    'writ/invocation': run.invocation,
    'writ/attempt': run.attempt,
    'writ/idempotencyKey': run.idempotencyKey,
    'writ/fencingToken': run.fencingToken,
    'writ/argsDigest': run.argsDigest,
    ...(run.traceparent === undefined ? {} : { traceparent: run.traceparent }),
  };
}

function timedOut({ name, timeoutMs }: McpTool): RunResult {
  const message = `"${name}" did not answer within ${timeoutMs / 1_000} s`;
  return { outcome: RunOutcome.timedOut, error: { code: 'timeout', message } };
}
