/**
 * Many executors in one process: the real agents, each with a session, a writer and pulls of its own, over the real
 * protocol. Only what a node would compute is left out: their tools are a function of this process.
 */
import { randomUUID } from 'node:crypto';
import type { NatsConnection } from '@nats-io/nats-core';
import type { ExecutorId } from '@writ/contracts';
import { connectNats, jetstreamLedger } from '@writ/ledger';
import type { Ledger } from '@writ/ledger';
import { ExecutorAgent } from '../../apps/executor/src/executor-agent.ts';
import { noMetrics } from '../../apps/executor/src/metrics.ts';
import { natsPorts } from '../../apps/executor/src/nats-ports.ts';
import { handedOn } from '../../apps/executor/src/run-traces.ts';
import type { ToolRun } from '../../apps/executor/src/tool-run.ts';

export interface FleetOptions {
  readonly url: string;
  /** Names of the executors begin with it. */
  readonly name: string;
  readonly pool: string;
  readonly executors: number;
  /** Of each executor. */
  readonly slots: number;
  /** Connections that the executors share. As many as executors, and each has its own, as a node does. */
  readonly connections: number;
  /** What a tool does; its output is what it gives. */
  readonly work: (executor: ExecutorId, run: ToolRun) => unknown;
}

interface Line {
  readonly connection: NatsConnection;
  readonly ledger: Ledger;
}

interface Node {
  readonly executor: ExecutorId;
  readonly agent: ExecutorAgent;
  readonly line: Line;
}

/** A fleet that vanishes or stops waits for none of its calls. */
const NO_DRAIN_MS = 1;

export class Fleet {
  readonly #nodes: Node[];
  readonly #lines: readonly Line[];

  private constructor(lines: readonly Line[], nodes: Node[]) {
    this.#lines = lines;
    this.#nodes = nodes;
  }

  /** Resolves when every executor has sent its first pull. */
  static async start(options: FleetOptions): Promise<Fleet> {
    const { url, name, executors, connections } = options;
    const lines = await Promise.all(
      Array.from({ length: connections }, async (): Promise<Line> => {
        const connection = await connectNats({ url, name });
        return { connection, ledger: jetstreamLedger(connection) };
      }),
    );
    const nodes = Array.from({ length: executors }, (_, index): Node => {
      const line = lines[index % connections] as Line;
      const executor = `${name}-${index}` as ExecutorId;
      return { executor, line, agent: agentOf(executor, line, options) };
    });
    for (const { agent } of nodes) agent.start();
    await Promise.all(lines.map(({ connection }) => connection.flush()));
    return new Fleet(lines, nodes);
  }

  /** The first executors that are left go as a node does whose cable is cut: without a word. */
  async vanish(count: number): Promise<readonly ExecutorId[]> {
    const gone = this.#nodes.splice(0, count);
    await Promise.all(gone.map(({ line }) => line.connection.close()));
    await Promise.all(gone.map(({ agent }) => agent.stop()));
    return gone.map(({ executor }) => executor);
  }

  async stop(): Promise<void> {
    await Promise.all(this.#nodes.map(({ agent }) => agent.stop()));
    await Promise.all(this.#lines.map(({ connection }) => connection.close()));
  }
}

function agentOf(
  executor: ExecutorId,
  { connection, ledger }: Line,
  { pool, slots, work }: FleetOptions,
): ExecutorAgent {
  return new ExecutorAgent(
    { executor, slots, pool, labels: {}, drainMs: NO_DRAIN_MS },
    {
      ...natsPorts(connection),
      ledger,
      adapters: {
        module: {
          prepare: () =>
            Promise.resolve(async (run) => ({ outcome: 'succeeded', output: await work(executor, run) })),
          close: () => Promise.resolve(),
        },
      },
      largeInputs: { read: () => Promise.resolve(undefined) },
      secrets: { value: () => Promise.reject(new Error('the fleet keeps no secrets')) },
      trouble: () => undefined,
      metrics: noMetrics,
      traces: handedOn,
      now: Date.now,
      random: Math.random,
      newSession: () => randomUUID(),
    },
  );
}
