/** Every kind of adapter, as one executor has them. */
import type { NatsConnection } from '@nats-io/nats-core';
import { DEFAULT_MAX_OUTPUT_BYTES } from '@writ/execution';
import { CommandAdapter } from './command-adapter.ts';
import { HttpAdapter } from './http-adapter.ts';
import { LateAdapter } from './late-adapter.ts';
import { ModuleAdapter } from './module-adapter.ts';
import { NatsAdapter } from './nats-adapter.ts';
import type { ExecutorPorts } from './ports.ts';
import type { Sandbox } from './sandbox.ts';
import type { WorkerPool } from './worker-pool.ts';

export interface AdaptersOptions {
  readonly toolsFolder: string;
  /** Where the variables that tools list are taken from. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Subprocesses of `command` tools at once. */
  readonly processes: number;
  readonly pool: WorkerPool;
  readonly sandbox: () => Promise<Sandbox>;
  readonly connection: NatsConnection;
  readonly inboxPrefix: string | undefined;
  readonly random: () => number;
}

export function adaptersOf(options: AdaptersOptions): ExecutorPorts['adapters'] {
  const { toolsFolder, environment, processes, pool, sandbox, connection, inboxPrefix, random } = options;
  const maxOutputBytes = DEFAULT_MAX_OUTPUT_BYTES;
  const local = { toolsFolder, environment, sandbox, maxOutputBytes };
  return {
    module: new ModuleAdapter(toolsFolder, pool),
    command: new CommandAdapter({ ...local, processes }),
    http: new HttpAdapter({ maxOutputBytes, random }),
    mcp: new LateAdapter(async () => new (await import('./mcp-adapter.ts')).McpAdapter(local)),
    nats: new NatsAdapter({ connection, inboxPrefix }),
  };
}
