/**
 * `npm run bench workflow`: what the gate costs. A submission in the core with 1,000 open runs; a node of a real run against
 * the same call without a workflow; and recorded runs of a model held against the built-in contracts. `--json` prints the
 * figures.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Table from 'cli-table3';
import type { TenantId } from '@writ/contracts';
import { gatedPolicy } from '@writ/decisions';
import { connectNats, jetstreamLedger } from '@writ/ledger';
import { GovernedToolExecutor, runWorkflow } from '@writ/sdk';
import { eventually, startNats } from '@writ/testkit';
import { policy } from '@writ/policy';
import { startSuite } from '../../infra/dev/suite.ts';
import { RECORDED, contractLines, readTrajectories } from '../conformance/trajectories.ts';
import { publishCatalog } from './catalog.ts';
import { OPEN_RUNS, chain, plainCallCost, submissionCost } from './gate-cost.ts';
import { median, quantile } from './statistics.ts';

const ROUNDS = 5;
const MOST_US = 20;
const MOST_ADDED_MS = 2;
const REAL_NODES = 60;
const REAL_ROUNDS = 5;

const json = process.argv.includes('--json');

const submissionUs = median(Array.from({ length: ROUNDS }, submissionCost));
const plainUs = { policy: plainCallCost(policy), gated: plainCallCost(gatedPolicy) };
const { callMs, nodeMs } = await nodeCost();
const addedMs = nodeMs - callMs;
const trajectories = readTrajectories();
const lines = trajectories ? contractLines(trajectories) : undefined;
const bars = [
  { bar: `a submission with ${OPEN_RUNS} open runs, us`, measured: submissionUs, wanted: MOST_US },
  { bar: 'added to a node, p50, ms', measured: addedMs, wanted: MOST_ADDED_MS },
];
if (json) {
  console.log(
    JSON.stringify({ submissionUs, plainUs, callMs, nodeMs, addedMs, trajectories: lines }, undefined, 2),
  );
} else {
  const judged = new Table({ head: ['bar', 'measured', 'wanted', ''] });
  for (const { bar, measured, wanted } of bars)
    judged.push([bar, measured.toFixed(2), `<= ${wanted}`, measured <= wanted ? 'met' : 'NOT MET']);
  console.log(judged.toString());
  console.log(
    `one call p50 ${callMs.toFixed(2)} ms; one node with that call and its contract ${nodeMs.toFixed(2)} ms`,
  );
  const { policy: alone, gated } = plainUs;
  console.log(
    `deciding a call of no workflow: policy ${alone.toFixed(1)} us, policy and gate ${gated.toFixed(1)} us`,
  );
  if (lines) console.log(trajectoryTable());
  else console.log(`recorded runs are not here (${RECORDED}): skipped`);
}
if (bars.some(({ measured, wanted }) => measured > wanted)) process.exitCode = 1;

/** Milliseconds of one call alone, and of one node that makes that call, over the real suite; medians. */
async function nodeCost(): Promise<{ callMs: number; nodeMs: number }> {
  const nats = await startNats();
  const dir = await mkdtemp(join(tmpdir(), 'writ-bench-'));
  const suite = await startSuite({
    dir,
    natsUrl: nats.url,
    environment: { WRIT_TOOLS: new URL('./tools', import.meta.url).pathname, WRIT_WORKERS: '1' },
  });
  const tenant = 't0' as TenantId;
  const connection = await connectNats({ url: nats.url, name: 'bench' });
  await publishCatalog(jetstreamLedger(connection), tenant);
  const executor = await GovernedToolExecutor.connect({ server: nats.url, tenant, agent: 'ada' });
  try {
    await eventually(async () => (await executor.workflows.tools()).tools.length > 0, {
      withinMs: 30_000,
      what: 'the catalog is folded',
    });
    const workflow = chain('data', 'echo', REAL_NODES);
    const calls: number[] = [];
    const nodes: number[] = [];
    for (let round = 0; round <= REAL_ROUNDS; round++) {
      const alone: number[] = [];
      for (let call = 0; call < REAL_NODES; call++)
        alone.push(await timed(() => executor.run({ tool: 'echo', inputs: inputsOf(`${round} ${call}`) })));
      const began: number[] = [];
      const result = await runWorkflow(workflow, {
        executor,
        execute: async (node) => {
          began.push(performance.now());
          return node.call('echo', inputsOf(`${round} ${node.name} of a workflow`));
        },
      });
      if (result.status !== 'succeeded')
        throw new Error(`a run of the benchmark ended as ${JSON.stringify(result)}`);
      if (round === 0) continue; // Nothing is warm in the first one.
      calls.push(quantile(alone, 0.5));
      nodes.push(
        quantile(
          began.slice(1).map((at, index) => at - (began[index] ?? at)),
          0.5,
        ),
      );
    }
    return { callMs: median(calls), nodeMs: median(nodes) };
  } finally {
    await executor.close();
    await connection.close();
    await suite.stop();
    await nats.stop();
    await rm(dir, { recursive: true, force: true });
  }
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

function inputsOf(candidate: string): Record<string, unknown> {
  return { candidate, repeat: 0 };
}

function trajectoryTable(): string {
  const table = new Table({ head: ['contract', 'kept', 'reward', 'broke', 'reward', 'rules'] });
  for (const { contract, kept, broke, rules } of lines ?? []) {
    const told = Object.entries(rules).map(([rule, times]) => `${rule} ${times}`);
    table.push([
      contract,
      kept.runs,
      kept.reward.toFixed(2),
      broke.runs,
      broke.reward.toFixed(2),
      told.join(', '),
    ]);
  }
  return `recorded runs (tau-bench, airline, gpt-4o), mean reward of those that kept a contract and those that broke it\n${table.toString()}`;
}
