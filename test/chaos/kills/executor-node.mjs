/**
 * An executor as a process of its own without Nest, HTTP and MCP, which take most of the start of the real one: agent,
 * protocol, adapters, sandbox and tools are the real ones. It ends with whoever forked it.
 */
import { randomBytes } from 'node:crypto';
import { CommandAdapter } from '../../../apps/executor/dist/command-adapter.js';
import { ExecutorAgent } from '../../../apps/executor/dist/executor-agent.js';
import { HttpAdapter } from '../../../apps/executor/dist/http-adapter.js';
import { FIRST_TOOL_USER } from '../../../apps/executor/dist/limits.js';
import { noMetrics } from '../../../apps/executor/dist/metrics.js';
import { ModuleAdapter } from '../../../apps/executor/dist/module-adapter.js';
import { natsPorts } from '../../../apps/executor/dist/nats-ports.js';
import { handedOn } from '../../../apps/executor/dist/run-traces.js';
import { Sandbox } from '../../../apps/executor/dist/sandbox.js';
import { WorkerPool } from '../../../apps/executor/dist/worker-pool.js';
import { connectNats, jetstreamLedger } from '@writ/ledger';

const { executor, slots, url, user, password, toolsFolder, scratchFolder } = JSON.parse(
  process.argv[2] ?? '{}',
);
const MAX_OUTPUT_BYTES = 100_000;

process.on('disconnect', () => process.exit());
const connection = await connectNats({ url, user, password, name: executor });
const inboxPrefix = `_INBOX_${user}`;
const ledger = jetstreamLedger(connection, { inboxPrefix });
const pool = new WorkerPool({ workers: 1, environment: {}, maxOutputBytes: MAX_OUTPUT_BYTES });
await pool.start();
let sandbox;
const agent = new ExecutorAgent(
  { executor, slots, pool: 'default', labels: { node: executor } },
  {
    ...natsPorts(connection, inboxPrefix),
    ledger,
    adapters: {
      module: new ModuleAdapter(toolsFolder, pool),
      command: new CommandAdapter({
        toolsFolder,
        scratchFolder,
        environment: process.env,
        processes: slots,
        sandbox: () => (sandbox ??= Sandbox.detect(FIRST_TOOL_USER)),
        maxOutputBytes: MAX_OUTPUT_BYTES,
      }),
      http: new HttpAdapter({ maxOutputBytes: MAX_OUTPUT_BYTES, random: Math.random }),
    },
    largeInputs: { read: () => Promise.resolve(undefined) },
    secrets: { value: () => Promise.reject(new Error('there are no secrets here')) },
    trouble: () => undefined,
    metrics: noMetrics,
    traces: handedOn,
    now: Date.now,
    random: Math.random,
    newSession: () => `${Date.now().toString(36)}-${randomBytes(6).toString('hex')}`,
  },
);
agent.start();
process.send?.('pulling');
