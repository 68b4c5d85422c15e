/**
 * `npm run bench start`: from a grant to the start of its tool, one call at a time over the whole suite. The grant is taken to
 * begin when nats-server stamps the commit of `schedule.dispatched`, which is before the scheduler has its ack; the tool
 * starts with the first line of its code, in its worker thread. A tool that may have an effect has `execution.started`
 * committed in between. All clocks are this machine's. The first half of each tool's calls (1,000; 200 with `--quick`) is told
 * apart and not judged, because V8 still compiles the services then. `--quick`, `--json`.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jetstream } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/nats-core';
import Table from 'cli-table3';
import {
  LEDGER_STREAM,
  cloudEvent,
  encodeCommit,
  policyRule,
  subjects,
  toolSpec,
  digestOf,
} from '@writ/contracts';
import type { Fact, TenantId } from '@writ/contracts';
import { connectNats, jetstreamLedger } from '@writ/ledger';
import type { Ledger } from '@writ/ledger';
import { GovernedToolExecutor } from '@writ/sdk';
import { startNats } from '@writ/testkit';
import { startSuite } from '../../infra/dev/suite.ts';
import { quantile } from './statistics.ts';

const TENANT = 'start' as TenantId;
const MOST_MS = 1;
const QUANTILES = [0.1, 0.5, 0.99] as const;

const CASES = [
  { tool: 'read', name: 'READ_ONLY, nothing is committed before it' },
  { tool: 'write', name: 'once, execution.started is committed before it' },
] as const;

const json = process.argv.includes('--json');
const calls = process.argv.includes('--quick') ? 200 : 1_000;

const nats = await startNats();
const dir = await mkdtemp(join(tmpdir(), 'writ-bench-start-'));
const suite = await startSuite({
  dir,
  natsUrl: nats.url,
  environment: { WRIT_TOOLS: new URL('./tools', import.meta.url).pathname, WRIT_WORKERS: '1' },
});
try {
  const connection = await connectNats({ url: nats.url, name: 'bench' });
  const ledger = jetstreamLedger(connection);
  await publishTools(ledger);
  const sdk = await GovernedToolExecutor.connect({ server: nats.url, tenant: TENANT, agent: 'bench' });
  const starts = new Map<string, Map<string, number>>(CASES.map(({ tool }) => [tool, new Map()]));
  for (let call = 0; call < 2 * calls; call++) {
    for (const [tool, begun] of starts) {
      const outcome = await sdk.run({ tool, inputs: {} });
      if (outcome.status !== 'succeeded') throw new Error(`a call ended as ${JSON.stringify(outcome)}`);
      const { begunAtMs } = outcome.output as { readonly begunAtMs: number };
      begun.set(outcome.invocation, begunAtMs);
    }
  }
  const granted = await grantTimes(connection, ledger);
  report(
    CASES.map((one) => {
      const begun = [...(starts.get(one.tool) ?? [])];
      const tookMs = begun.map(([invocation, at]) => at - (granted.get(invocation) ?? Number.NaN));
      return { ...one, freshMs: tookMs.slice(0, calls), tookMs: tookMs.slice(calls) };
    }),
  );
  await sdk.close();
  await connection.close();
} finally {
  await suite.stop();
  await nats.stop();
  await rm(dir, { recursive: true, force: true });
}

async function publishTools(ledger: Ledger): Promise<void> {
  const adapter = { kind: 'module', module: 'stamp.mjs' } as const;
  const read = toolSpec.parse({ name: 'read', class: 'READ_ONLY', adapter });
  const write = toolSpec.parse({ name: 'write', class: 'LOCAL_WRITE', effects: 'once', adapter });
  const policies = [policyRule.parse({ name: 'any', condition: 'tool.name != ""', action: 'allow' })];
  const facts: Fact[] = [
    ...[read, write].map((tool): Fact => ({ type: 'tool.registered', tenant: TENANT, data: { tool } })),
    { type: 'policy.published', tenant: TENANT, data: { bundle: digestOf(policies), policies } },
  ];
  const data = encodeCommit(
    facts.map((fact, index) => cloudEvent(fact, `start.${index}`, 'bench', Date.now())),
  );
  await ledger.append({ subject: subjects.catalog(TENANT), data, id: 'start', expected: 0 });
}

/** When the server stored each grant, epoch milliseconds with a fraction, by invocation. */
async function grantTimes(connection: NatsConnection, ledger: Ledger): Promise<ReadonlyMap<string, number>> {
  const last = await ledger.lastSequence();
  const consumer = await jetstream(connection).consumers.get(LEDGER_STREAM, { opt_start_seq: 1 });
  const granted = new Map<string, number>();
  for await (const message of await consumer.consume()) {
    if (message.subject === subjects.schedule(TENANT)) {
      const at = message.info.timestampNanos / 1e6;
      for (const { data } of message.json<{ data: { invocation: string } }[]>())
        granted.set(data.invocation, at);
    }
    if (message.seq >= last) break;
  }
  return granted;
}

interface Measured {
  readonly name: string;
  /** Of the first calls of these processes. */
  readonly freshMs: readonly number[];
  readonly tookMs: readonly number[];
}

function report(rows: readonly Measured[]): void {
  const figures = rows.map(({ name, freshMs, tookMs }) => {
    const [p10, p50, p99] = QUANTILES.map((share) => quantile(tookMs, share)) as [number, number, number];
    return { name, freshP50: quantile(freshMs, 0.5), p10, p50, p99, met: p50 <= MOST_MS };
  });
  if (json) return console.log(JSON.stringify(figures, undefined, 2));
  const head = ['from grant to start, ms', `p50, first ${calls}`, 'p10', 'p50', 'p99', 'wanted', ''];
  const table = new Table({ head, colAligns: ['left', 'right', 'right', 'right', 'right', 'left', 'left'] });
  for (const { name, freshP50, p10, p50, p99, met } of figures) {
    const times = [freshP50, p10, p50, p99].map((ms) => ms.toFixed(3));
    table.push([name, ...times, `p50 <= ${MOST_MS}`, met ? 'met' : 'NOT MET']);
  }
  console.log(table.toString());
}
