/** One run of the screening campaign against a suite of its own, and what it came to. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { decodeCommit } from '@writ/contracts';
import type { RecordedFact, TenantId } from '@writ/contracts';
import { connectNats, jetstreamLedger } from '@writ/ledger';
import { startSuite } from '../../infra/dev/suite.ts';
import type { Suite } from '../../infra/dev/suite.ts';

const run = promisify(execFile);
const app = (path: string): string => new URL(`../../apps/${path}`, import.meta.url).pathname;

export interface CampaignResult {
  /** What every call came to, without ids, times and places. */
  readonly outcomes: unknown;
  /** Every fact of the ledger, in order. */
  readonly facts: readonly RecordedFact[];
  /** What the budget service says: spent by account and unit, in micro-units. */
  readonly spent: Readonly<Record<string, bigint>>;
  /** Orders that the synthesis tool really placed. */
  readonly orders: number;
}

/** `disturb` is called once, when about a third of the campaign's calls have completed. */
export async function runCampaign(disturb: (suite: Suite) => Promise<void>): Promise<CampaignResult> {
  const dir = await mkdtemp(join(tmpdir(), 'writ-chaos-'));
  const orders = join(dir, 'orders');
  const suite = await startSuite({
    dir: join(dir, '.writ'),
    agent: 'screening',
    environment: {
      WRIT_TOOLS: app('screening/tools'),
      WRIT_ORDERS: orders,
      WRIT_TOOL_ENVIRONMENT: 'WRIT_ORDERS',
    },
  });
  try {
    const cli = (...args: string[]): Promise<{ stdout: string }> =>
      run(process.execPath, [app('cli/dist/main.js'), ...args], { cwd: dir });
    await cli('apply', '-f', app('screening/governance'));
    const nats = await connectNats({
      url: suite.connection.natsUrl,
      ...suite.connection.users.operator,
      name: 'chaos',
    });
    const ledger = jetstreamLedger(nats, { inboxPrefix: '_INBOX_operator' });
    const facts: RecordedFact[] = [];
    let disturbed: Promise<void> | undefined;
    let completed = 0;
    const fold = await ledger.fold(1, (commits) => {
      for (const fact of commits.flatMap((commit) => decodeCommit(commit))) {
        facts.push(fact);
        if (fact.type === 'execution.completed' && ++completed === DISTURBED_AFTER)
          disturbed = disturb(suite);
      }
    });
    const outcomesFile = join(dir, 'outcomes.json');
    await run(
      process.execPath,
      [app('screening/dist/main.js'), '--yes', '--json', '--outcomes', outcomesFile],
      {
        cwd: dir,
        maxBuffer: 64 * 1024 * 1024,
      },
    );
    await disturbed;
    const balances = (await nats.request('writ.lab.api.budget.balances', '{}')).json<Balances>();
    await fold.stop();
    await ledger.close();
    // Fails when a decision of the campaign does not follow from what stands before it.
    await cli('replay');
    return {
      outcomes: JSON.parse(await readFile(outcomesFile, 'utf8')),
      facts,
      spent: Object.fromEntries(
        balances.balances.map(({ account, unit, spent }) => [`${account} ${unit}`, BigInt(spent)]),
      ),
      orders: (await readdir(orders).catch(() => [])).length,
    };
  } finally {
    await suite.stop();
    await rm(dir, { recursive: true, force: true });
  }
}

/** Completed calls after which the campaign is disturbed: descriptors are done then, conformers are running. */
const DISTURBED_AFTER = 350;

interface Balances {
  readonly balances: readonly { readonly account: string; readonly unit: string; readonly spent: string }[];
}

/** What the ledger's completions come to for each account and unit: the smaller of what was held and what was used. */
export function settled(facts: readonly RecordedFact[]): Record<string, bigint> {
  const holds = new Map<string, RecordedFact<'budget.reserved'>['data']['holds']>();
  const sums: Record<string, bigint> = {};
  for (const fact of facts) {
    if (fact.type === 'budget.reserved') holds.set(key(fact.tenant, fact.data.invocation), fact.data.holds);
    if (fact.type !== 'execution.completed') continue;
    for (const { account, unit, amount } of holds.get(key(fact.tenant, fact.data.invocation)) ?? []) {
      const held = BigInt(amount);
      const used = BigInt(fact.data.usage[unit] ?? amount);
      sums[`${account} ${unit}`] = (sums[`${account} ${unit}`] ?? 0n) + (used < held ? used : held);
    }
    holds.delete(key(fact.tenant, fact.data.invocation));
  }
  return sums;
}

/** Starts of each call that is not READ_ONLY. */
export function starts(facts: readonly RecordedFact[]): ReadonlyMap<string, number> {
  const counted = new Map<string, number>();
  for (const fact of facts) {
    if (fact.type !== 'execution.started') continue;
    const name = key(fact.tenant, fact.data.invocation);
    counted.set(name, (counted.get(name) ?? 0) + 1);
  }
  return counted;
}

function key(tenant: TenantId, invocation: string): string {
  return `${tenant}/${invocation}`;
}
