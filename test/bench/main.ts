/**
 * `npm run bench`: one table of what the whole suite does, five processes and audit on, against raw JetStream in the
 * same run. Each case is measured in several rounds and its median is shown; only ratios are judged, because a machine
 * that is twice as slow is so for both. `--json` prints the figures, `--quick` runs one small round.
 */
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NatsConnection } from '@nats-io/nats-core';
import { connectNats, jetstreamLedger } from '@writ/ledger';
import { eventually, startNats } from '@writ/testkit';
import type { TenantId } from '@writ/contracts';
import { SERVICES } from '../../infra/nats/principals.ts';
import { startSuite } from '../../infra/dev/suite.ts';
import type { Suite } from '../../infra/dev/suite.ts';
import { publishCatalog } from './catalog.ts';
import { TENANTS, measureRound } from './measurements.ts';
import type { Round, Sizes } from './measurements.ts';
import { printReport, summarise } from './report.ts';

const SIZES: Sizes = { singles: 20_000, coalesced: 30_000, steps: 400, tenants: 12_000, idle: 1_000 };
const QUICK: Sizes = { singles: 4_000, coalesced: 6_000, steps: 60, tenants: 4_000, idle: 200 };
const ROUNDS = 3;

const json = process.argv.includes('--json');
const quick = process.argv.includes('--quick');

function say(line: string): void {
  if (!json) console.error(line);
}

const nats = await startNats();
const dir = await mkdtemp(join(tmpdir(), 'writ-bench-'));
let suite: Suite | undefined;
try {
  say('starting five services, nats-server and Postgres');
  suite = await startSuite({
    dir,
    natsUrl: nats.url,
    environment: {
      WRIT_TOOLS: new URL('./tools', import.meta.url).pathname,
      WRIT_SLOTS: '1024',
      WRIT_WORKERS: '1',
    },
  });
  const connection = await connectNats({ url: nats.url, name: 'bench' });
  await publishCatalogs(connection, suite);
  const rounds: Round[] = [];
  let memory: Readonly<Record<string, number>> = {};
  const { pid } = suite;
  for (let round = 1; round <= (quick ? 1 : ROUNDS); round++) {
    rounds.push(
      await measureRound(connection, nats.url, quick ? QUICK : SIZES, (what) =>
        say(`round ${round}: ${what}`),
      ),
    );
    // After the first round, which is about 100,000 calls.
    if (round === 1) memory = Object.fromEntries(SERVICES.map((name) => [name, residentBytes(pid(name))]));
  }
  const catchUp = await measureCatchUp(suite);
  const summary = summarise(rounds, memory, catchUp);
  if (json) console.log(JSON.stringify(summary, undefined, 2));
  else printReport(summary);
  await connection.close();
} finally {
  await suite?.stop();
  await nats.stop();
  await rm(dir, { recursive: true, force: true });
}

/** The audit may fall behind while calls are fast; how long it takes to be level again, in seconds. */
async function measureCatchUp({ connection }: Suite): Promise<number> {
  const started = performance.now();
  const metrics = `${connection.services['audit']?.http}/metrics`;
  await eventually(
    async () => /^writ_projection_lag(?:\{[^}]*\})? 0(?:\s|$)/m.test(await (await fetch(metrics)).text()),
    {
      withinMs: 300_000,
      what: 'the audit has projected everything',
    },
  );
  return (performance.now() - started) / 1_000;
}

async function publishCatalogs(connection: NatsConnection, running: Suite): Promise<void> {
  const ledger = jetstreamLedger(connection);
  const tenants = Array.from({ length: TENANTS }, (_, index) => `t${index}` as TenantId);
  await Promise.all(tenants.map((tenant) => publishCatalog(ledger, tenant)));
  const last = await ledger.lastSequence();
  for (const service of ['policy', 'budget', 'scheduler'] as const) {
    const metrics = `${running.connection.services[service]?.http}/metrics`;
    await eventually(async () => sequenceIn(await (await fetch(metrics)).text()) >= last, {
      withinMs: 60_000,
      what: `${service} has folded the catalogs`,
    });
  }
}

function sequenceIn(metrics: string): number {
  return Number(/^writ_fold_sequence(?:\{[^}]*\})? (\d+)/m.exec(metrics)?.[1] ?? 0);
}

/** Resident memory as the kernel counts it. */
function residentBytes(pid: number | undefined): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return 1_024 * Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]);
}
