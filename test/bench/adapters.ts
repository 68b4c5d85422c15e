/**
 * `npm run bench adapters`: what each adapter costs over the same thing done by hand, one call at a time, by turns in
 * the same run. Judged by the tenth percentile: what it costs while nobody else has the core, because a process waits for
 * the core at each of its steps, and that is the machine's doing. Medians stand beside; `--json` prints all figures.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import Table from 'cli-table3';
import { digestOf, toolSpec } from '@writ/contracts';
import { connectNats } from '@writ/ledger';
import { startNats } from '@writ/testkit';
import { adaptersOf } from '../../apps/executor/src/adapters.ts';
import { FIRST_TOOL_USER } from '../../apps/executor/src/limits.ts';
import { Sandbox } from '../../apps/executor/src/sandbox.ts';
import type { PreparedTool, ToolRun } from '../../apps/executor/src/tool-run.ts';
import { WorkerPool } from '../../apps/executor/src/worker-pool.ts';
import { quantile } from './statistics.ts';

interface Case {
  readonly name: string;
  readonly calls: number;
  /** The same by hand. */
  readonly plain: () => Promise<unknown>;
  readonly run: () => Promise<unknown>;
  /** The most that it may cost more, in milliseconds. */
  readonly most?: number;
}

interface Figure {
  readonly name: string;
  readonly plainMs: number;
  readonly adapterMs: number;
  readonly overheadMs: number;
  readonly medianOverheadMs: number;
  readonly most: number | undefined;
  readonly met: boolean | undefined;
}

const TOOLS = new URL('./tools', import.meta.url).pathname;
const WARM_UP = 20;
const INPUTS = { candidate: 'CCO' };
const CALL = {
  tenant: 'lab',
  agent: 'ada',
  invocation: 'i-1',
  attempt: 1,
  idempotencyKey: 'lab/i-1',
  fencingToken: 1,
  inputs: JSON.stringify(INPUTS),
  argsDigest: digestOf(INPUTS),
} as unknown as ToolRun;

const nats = await startNats();
const connection = await connectNats({ url: nats.url, name: 'bench' });
const echo = createServer((request, response) => void request.pipe(response));
echo.listen(0, '127.0.0.1');
await once(echo, 'listening');
const url = `http://127.0.0.1:${(echo.address() as AddressInfo).port}/`;
connection.subscribe('writ.lab.workers.echo', {
  callback: (_, message) => void message.respond('{"type":"result","output":1}'),
});
const pool = new WorkerPool({ workers: 1, environment: {}, maxOutputBytes: 1_000_000 });
await pool.start();
const sandbox = Sandbox.detect(FIRST_TOOL_USER);
const adapters = adaptersOf({
  toolsFolder: TOOLS,
  environment: {},
  processes: 4,
  pool,
  sandbox: () => sandbox,
  connection,
  inboxPrefix: undefined,
  random: Math.random,
});

async function prepared(adapter: { readonly kind: keyof typeof adapters }): Promise<() => Promise<unknown>> {
  const run = (await adapters[adapter.kind]?.prepare(
    toolSpec.parse({ name: 'echo', adapter }),
  )) as PreparedTool;
  return async () => {
    const result = await run(CALL);
    if (result.outcome !== 'succeeded') throw new Error(`${adapter.kind}: ${JSON.stringify(result)}`);
  };
}

async function plainSpawn(): Promise<void> {
  const child = spawn('/bin/cat', { env: {}, stdio: 'pipe' });
  child.stdin.end(CALL.inputs);
  child.stdout.resume();
  await once(child, 'close');
}

const module = await import('./tools/echo.mjs');
const command = { kind: 'command', argv: ['/bin/cat'] } as const;
const cases: readonly Case[] = [
  {
    name: 'module: over calling the function here',
    calls: 2_000,
    plain: async () => module.run(JSON.parse(CALL.inputs)),
    run: await prepared({ kind: 'module', module: 'echo.mjs' } as never),
    most: 0.2,
  },
  {
    name: 'command: over plain spawn',
    calls: 200,
    plain: plainSpawn,
    run: await prepared(command),
    most: 5,
  },
  {
    name: 'command without network: over plain spawn',
    calls: 100,
    plain: plainSpawn,
    run: await prepared({ ...command, network: false } as never),
  },
  {
    name: 'command with a read-only root: over plain spawn',
    calls: 50,
    plain: plainSpawn,
    run: await prepared({ ...command, readOnlyRoot: true } as never),
  },
  {
    name: 'http: over fetch',
    calls: 500,
    plain: async () => (await fetch(url, { method: 'POST', body: CALL.inputs })).text(),
    run: await prepared({ kind: 'http', url } as never),
  },
  {
    name: 'nats: over a request',
    calls: 1_000,
    plain: () => connection.request('writ.lab.workers.echo', CALL.inputs),
    run: await prepared({ kind: 'nats', worker: 'echo' } as never),
  },
];

const figures: Figure[] = [];
for (const each of cases) figures.push(await measure(each));
await Promise.all(Object.values(adapters).map((adapter) => adapter.close()));
await connection.close();
await nats.stop();
echo.closeAllConnections();
echo.close();
if (process.argv.includes('--json')) console.log(JSON.stringify(figures, undefined, 2));
else print(figures);

/** Both ways by turns, so that what else the machine does hits both. */
async function measure({ name, calls, plain, run, most }: Case): Promise<Figure> {
  const plainTimes: number[] = [];
  const adapterTimes: number[] = [];
  for (let call = 0; call < WARM_UP + calls; call++) {
    const [byHand, adapted] = [await timed(plain), await timed(run)];
    if (call < WARM_UP) continue;
    plainTimes.push(byHand);
    adapterTimes.push(adapted);
  }
  const over = (share: number): number => quantile(adapterTimes, share) - quantile(plainTimes, share);
  const [plainMs, adapterMs, overheadMs] = [
    quantile(plainTimes, 0.1),
    quantile(adapterTimes, 0.1),
    over(0.1),
  ];
  return {
    name,
    plainMs,
    adapterMs,
    overheadMs,
    medianOverheadMs: over(0.5),
    most,
    met: most === undefined ? undefined : overheadMs <= most,
  };
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}

function print(rows: readonly Figure[]): void {
  const table = new Table({
    head: ['adapter', 'by hand, ms', 'adapter, ms', 'overhead, ms', 'its median', 'wanted', ''],
    colAligns: ['left', 'right', 'right', 'right', 'right', 'right', 'left'],
  });
  for (const { name, plainMs, adapterMs, overheadMs, medianOverheadMs, most, met } of rows) {
    const times = [plainMs, adapterMs, overheadMs, medianOverheadMs].map((ms) => ms.toFixed(3));
    const verdict = met === undefined ? '' : met ? 'met' : 'NOT MET';
    const wanted = most === undefined ? '' : `<= ${most}`;
    table.push([name, ...times, wanted, verdict]);
  }
  console.log(table.toString());
}
