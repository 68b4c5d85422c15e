/** What each command of `writ` does, between its options and its exit code. */
import { decodeCommit, parseSubject } from '@writ/contracts';
import type { Priority } from '@writ/contracts';
import { GovernedToolExecutor } from '@writ/sdk';
import type { CallOutcome, NoticedFact, RunOptions } from '@writ/sdk';
import { awaitFolded } from './await-folded.ts';
import { balanceTable, readBalances } from './balances.ts';
import { callInputs } from './call-inputs.ts';
import { changeLines } from './change-lines.ts';
import { ExitCode } from './exit-code.ts';
import type { ImportOptions } from './import-mcp.ts';
import { factLine } from './fact-line.ts';
import { giveBack } from './give-back.ts';
import type { GiveBackOptions } from './give-back.ts';
import { outcomeText } from './outcome-text.ts';
import { openSession } from './session.ts';
import type { ConnectionOptions, Role, Session } from './session.ts';
import { statusTable, suiteStatus } from './suite-status.ts';
import { painter } from './terminal.ts';
import type { Paint, Terminal } from './terminal.ts';

export interface GlobalOptions extends ConnectionOptions {
  readonly json?: boolean;
}

export interface RunCommandOptions extends GlobalOptions {
  readonly inputs: string;
  readonly priority?: Priority;
  readonly campaign?: string;
  readonly project?: string;
  readonly deadline?: string;
  readonly whenLate?: 'refuse' | 'run';
  readonly justification?: string;
  readonly log?: string;
  readonly agent?: string;
}

/** Everything outside of the process that commands touch; specs give their own. */
export interface Surroundings {
  readonly terminal: Terminal;
  readonly open: (role: Role, options: ConnectionOptions) => Promise<Session>;
  /** Aborted when the person presses Ctrl-C. */
  readonly interrupt: AbortSignal;
}

export function realSurroundings(terminal: Terminal, interrupt: AbortSignal): Surroundings {
  return { terminal, open: openSession, interrupt };
}

/** Shows a result as JSON or in words. */
export function show(
  terminal: Terminal,
  options: GlobalOptions,
  value: unknown,
  words: (paint: Paint) => string,
): void {
  terminal.out(options.json ? JSON.stringify(value) : words(painter(terminal)));
}

/** Acts within one connection, which ends with it. */
export async function within<T>(
  surroundings: Surroundings,
  role: Role,
  options: ConnectionOptions,
  act: (session: Session) => Promise<T>,
): Promise<T> {
  const session = await surroundings.open(role, options);
  try {
    return await act(session);
  } finally {
    await session.transport.close();
  }
}

export async function apply(
  surroundings: Surroundings,
  options: GlobalOptions & { readonly file: string; readonly dryRun?: boolean },
): Promise<ExitCode> {
  // Only this command needs the condition language, which takes longer to load than all the rest.
  const { readFolder, requireCatalog, withBuiltInTools } = await import('@writ/catalog');
  const { applyCatalog } = await import('./apply-catalog.ts');
  const cell = options.cell ?? false;
  const named = requireCatalog(await readFolder(options.file), { cell });
  const wanted = cell ? named : withBuiltInTools(named);
  const { terminal } = surroundings;
  return within(surroundings, 'operator', options, async ({ transport, tenant }) => {
    const refusal = new AbortController();
    transport.watch({ refused: (_, error) => refusal.abort(error), reconnected: () => undefined });
    const dryRun = options.dryRun ?? false;
    const applied = await applyCatalog(transport.ledger, tenant, wanted, {
      dryRun,
      now: () => new Date(),
      signal: AbortSignal.any([refusal.signal, surroundings.interrupt]),
    });
    const folded =
      applied.revision === undefined ? undefined : await awaitFolded(transport, tenant, applied.revision);
    show(terminal, options, { tenant, dryRun, ...applied, folded }, (paint) => {
      if (applied.facts.length === 0) return `tenant ${tenant}: nothing to change`;
      const lines = changeLines(applied.changes, paint);
      const end = dryRun ? 'dry run: nothing was published' : `published as revision ${applied.revision}`;
      const away = Object.entries(folded ?? {}).filter(([, state]) => state !== 'folded');
      return [...lines, end, ...away.map(([service, state]) => `${service}: ${state}`)].join('\n');
    });
    return ExitCode.ok;
  });
}

export async function run(
  { terminal, interrupt }: Surroundings,
  tool: string,
  options: RunCommandOptions,
): Promise<ExitCode> {
  const inputs = await callInputs(options.inputs);
  const { server, user, password, tenant, agent, project, log: auditLog } = options;
  const onNotice = ({ type, data }: NoticedFact): void => {
    if (type !== 'approval.opened' || options.json) return;
    terminal.err(`waits for approval: writ approve ${(data as { readonly invocation: string }).invocation}`);
  };
  const connection = { server, user, password, tenant, agent };
  const executor = await GovernedToolExecutor.connect({ ...connection, project, auditLog, onNotice });
  try {
    const outcome = await executor.run(runOptions(tool, inputs, options, interrupt));
    show(terminal, options, outcome, (paint) => outcomeText(outcome, paint));
    return exitCodeOfOutcome(outcome);
  } finally {
    await executor.close();
  }
}

export function exitCodeOfOutcome(outcome: Pick<CallOutcome, 'status'>): ExitCode {
  return outcome.status === 'succeeded' ? ExitCode.ok : ExitCode.refused;
}

function runOptions(
  tool: string,
  inputs: RunOptions['inputs'],
  { campaign: budgetTag, priority, deadline, whenLate, justification }: RunCommandOptions,
  signal: AbortSignal,
): RunOptions {
  return { tool, inputs: inputs ?? {}, budgetTag, priority, deadline, whenLate, justification, signal };
}

/** Follows the ledger until interrupted. */
export async function watch(
  surroundings: Surroundings,
  options: GlobalOptions & { readonly since?: number },
): Promise<ExitCode> {
  const { terminal, interrupt } = surroundings;
  const paint = painter(terminal);
  return within(surroundings, 'operator', options, async ({ transport: { ledger }, tenant }) => {
    const from = options.since ?? (await ledger.lastSequence()) + 1;
    const fold = await ledger.fold(from, (commits) => {
      for (const commit of commits) {
        if (parseSubject(commit.subject)?.tenant !== tenant) continue;
        for (const fact of decodeCommit(commit))
          terminal.out(options.json ? JSON.stringify(fact) : factLine(fact, paint));
      }
    });
    if (!interrupt.aborted) {
      await new Promise((resolve) => interrupt.addEventListener('abort', resolve, { once: true }));
    }
    await fold.stop();
    return ExitCode.ok;
  });
}

/** Needs no suite: it asks the MCP server, and publishes nothing. */
export async function importTools(
  { terminal }: Surroundings,
  options: GlobalOptions & ImportOptions,
): Promise<ExitCode> {
  const { importMcp, importedTable } = await import('./import-mcp.ts');
  const { yaml, tools } = await importMcp(options);
  const { output } = options;
  // Without a file the YAML itself is the result.
  if (output === undefined && !options.json) terminal.out(yaml.trimEnd());
  else
    show(terminal, options, { output, tools, yaml }, (paint) => `${importedTable(tools, paint)}\n${output}`);
  return ExitCode.ok;
}

export async function budget(
  surroundings: Surroundings,
  account: string | undefined,
  options: GlobalOptions,
): Promise<ExitCode> {
  return within(surroundings, 'operator', options, async ({ transport, tenant }) => {
    const balances = await readBalances(transport, tenant, account);
    const none = account === undefined ? 'no account has a limit' : `account ${account} has no limit`;
    show(surroundings.terminal, options, balances, (paint) =>
      balances.length > 0 ? balanceTable(balances, paint) : none,
    );
    return ExitCode.ok;
  });
}

export async function returnStorage(
  surroundings: Surroundings,
  options: GlobalOptions & GiveBackOptions,
): Promise<ExitCode> {
  return within(surroundings, 'operator', options, async ({ transport, tenant }) => {
    const said = await giveBack(transport.ledger, tenant, options);
    show(surroundings.terminal, options, said, () => `${said.fact} stands at ledger sequence ${said.seq}`);
    return ExitCode.ok;
  });
}

export async function status(surroundings: Surroundings, options: GlobalOptions): Promise<ExitCode> {
  return within(surroundings, 'operator', options, async ({ transport, tenant }) => {
    const services = await suiteStatus(transport, tenant);
    show(surroundings.terminal, options, { tenant, services }, (paint) => statusTable(services, paint));
    return services.every(({ answers }) => answers) ? ExitCode.ok : ExitCode.connection;
  });
}
