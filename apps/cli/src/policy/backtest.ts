/** `writ policy backtest`: what a candidate bundle would have decided about the ledger's real requests. */
import { readFolder, requireCatalog } from '@writ/catalog';
import type { Catalog } from '@writ/catalog';
import { WritError } from '@writ/contracts';
import type { TenantId } from '@writ/contracts';
import type { Ledger } from '@writ/ledger';
import { Backtest } from '@writ/policy';
import type { BacktestReport } from '@writ/policy';
import { readCatalog } from '../apply-catalog.ts';
import { table } from '../table.ts';
import type { Paint } from '../terminal.ts';
import { recordedFacts } from './recorded.ts';

export interface BacktestRun extends BacktestReport {
  /** How long deciding took, reading the ledger left out. */
  readonly decidingMs: number;
}

const UNITS_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `7d`, `12h`, `30m` before `now`. */
export function sinceMs(text: string | undefined, now: number): number {
  if (text === undefined) return 0;
  const [, count, unit] = /^(\d+)([mhd])$/.exec(text) ?? [];
  if (count === undefined || unit === undefined) {
    throw new WritError(
      'invalid-option',
      `--since ${text}: write so many minutes, hours or days, like 30m, 12h or 7d`,
    );
  }
  return now - Number(count) * (UNITS_MS[unit] ?? 0);
}

/** What the folder does not define is as it is in force: a folder of policies alone is enough. */
export async function backtest(
  ledger: Ledger,
  tenant: TenantId,
  folder: string,
  from: number,
): Promise<BacktestRun> {
  const candidate = requireCatalog(await readFolder(folder));
  const test = new Backtest(completed(candidate, (await readCatalog(ledger, tenant)).catalog), from);
  let decidingMs = 0;
  for await (const fact of recordedFacts(ledger, tenant)) {
    const started = performance.now();
    test.fold(fact);
    decidingMs += performance.now() - started;
  }
  return { ...test.report(), decidingMs };
}

function completed(candidate: Catalog, inForce: Catalog) {
  const of = <T>(wanted: ReadonlyMap<string, T>, known: ReadonlyMap<string, T>): Iterable<T> =>
    wanted.size > 0 ? wanted.values() : known.values();
  return {
    policies: candidate.policies,
    tools: of(candidate.tools, inForce.tools),
    budgets: of(candidate.budgets, inForce.budgets),
    environment: Object.keys(candidate.environment).length > 0 ? candidate.environment : inForce.environment,
  };
}

export function backtestText(run: BacktestRun, paint: Paint): string {
  const { decisions, unchanged, shifts, approvals, decidingMs } = run;
  if (decisions === 0) return 'no recorded call was decided in that time';
  const rate = Math.round((decisions * 1_000) / Math.max(1, decidingMs)).toLocaleString('en');
  const lines = [
    `${decisions} recorded calls decided again (${rate} a second), ${unchanged} as before`,
    `from ${new Date(run.fromMs).toISOString()} to ${new Date(run.untilMs).toISOString()}`,
  ];
  for (const { shift, calls, byRule, examples } of shifts) {
    const colour = shift === 'newly allowed' ? 'yellow' : 'red';
    lines.push(
      '',
      `${paint(colour, shift)}: ${calls} (${byRule.map((one) => `${one.rule} ${one.calls}`).join(', ')})`,
    );
    const rows = examples.map((one) => [
      one.invocation,
      one.tool,
      one.agent,
      `${one.before} -> ${one.after}`,
      one.reason,
    ]);
    lines.push(table(['invocation', 'tool', 'agent', 'decision', 'reason'], rows, paint));
  }
  if (approvals.length > 0) {
    const rows = approvals.map((one) => [one.approver, one.before.toFixed(1), one.after.toFixed(1)]);
    lines.push('', table(['approvals a day', 'before', 'after'], rows, paint));
  }
  return lines.join('\n');
}
