/** What each command of `writ policy` does, between its options and its exit code. */
import { readFolder, requireCatalog } from '@writ/catalog';
import { readCatalog } from '../apply-catalog.ts';
import { show, within } from '../commands.ts';
import type { GlobalOptions, Surroundings } from '../commands.ts';
import { ExitCode } from '../exit-code.ts';
import { backtest, backtestText, sinceMs } from './backtest.ts';
import { checkFolder, checkedText } from './check.ts';
import { explainCall, explainFile, explanationText, isRequestFile } from './explain.ts';
import type { Explanation } from './explain.ts';
import { pastCall } from './recorded.ts';
import { runCaseFile, testRunText } from './test-cases.ts';

export async function check(
  { terminal }: Surroundings,
  folder: string,
  options: GlobalOptions,
): Promise<ExitCode> {
  const checked = await checkFolder(folder);
  show(terminal, options, checked, (paint) => checkedText(checked, paint));
  return checked.findings.length === 0 ? ExitCode.ok : ExitCode.refused;
}

export async function test(
  { terminal }: Surroundings,
  cases: string,
  options: GlobalOptions & { readonly file: string },
): Promise<ExitCode> {
  const catalog = requireCatalog(await readFolder(options.file));
  const run = await runCaseFile(catalog, cases, Date.now());
  show(terminal, options, run, (paint) => testRunText(run, paint));
  return run.cases.every(({ passed }) => passed) ? ExitCode.ok : ExitCode.refused;
}

export async function explain(
  surroundings: Surroundings,
  target: string,
  options: GlobalOptions & { readonly file?: string },
): Promise<ExitCode> {
  const explanation = await explanationOf(surroundings, target, options);
  show(surroundings.terminal, options, explanation, (paint) => explanationText(explanation, paint));
  return ExitCode.ok;
}

/** With a folder and a request file nothing has to run. */
async function explanationOf(
  surroundings: Surroundings,
  target: string,
  options: GlobalOptions & { readonly file?: string },
): Promise<Explanation> {
  if (isRequestFile(target) && options.file !== undefined)
    return explainFile(target, requireCatalog(await readFolder(options.file)), Date.now());
  return within(surroundings, 'operator', options, async ({ transport: { ledger }, tenant }) => {
    if (isRequestFile(target))
      return explainFile(target, (await readCatalog(ledger, tenant)).catalog, Date.now());
    const { trial, call, decidedAt } = await pastCall(ledger, tenant, target);
    return explainCall(trial, call, decidedAt);
  });
}

export async function runBacktest(
  surroundings: Surroundings,
  options: GlobalOptions & { readonly policies: string; readonly since?: string },
): Promise<ExitCode> {
  return within(surroundings, 'operator', options, async ({ transport: { ledger }, tenant }) => {
    const run = await backtest(ledger, tenant, options.policies, sinceMs(options.since, Date.now()));
    show(surroundings.terminal, options, run, (paint) => backtestText(run, paint));
    return ExitCode.ok;
  });
}
