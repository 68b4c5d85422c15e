/** What each command of `writ workflow` does, between its options and its exit code. */
import { readFile } from 'node:fs/promises';
import { WritError, messageOf, runId, subjects, token } from '@writ/contracts';
import type { FailureSummary, WorkflowProblem } from '@writ/contracts';
import { catalogText, ruleBasedPlanner } from '@writ/workflow';
import type { RunLine, RunView, ToolCatalog } from '@writ/workflow';
import { stringify } from 'yaml';
import { publishAsApprover } from './approver-facts.ts';
import { show, within } from './commands.ts';
import type { GlobalOptions, Surroundings } from './commands.ts';
import { ExitCode } from './exit-code.ts';
import type { Session } from './session.ts';
import { table } from './table.ts';
import type { Colour, Paint } from './terminal.ts';
import { readWorkflow } from './workflow-file.ts';

const COLOURS: Readonly<Record<string, Colour>> = {
  accepted: 'green',
  succeeded: 'green',
  failed: 'red',
  expired: 'red',
  cancelled: 'red',
  person: 'yellow',
  open: 'cyan',
  skipped: 'grey',
  waiting: 'grey',
};

export async function runs(surroundings: Surroundings, options: GlobalOptions): Promise<ExitCode> {
  return within(surroundings, 'operator', options, async (session) => {
    const { runs: open } = (await ask(session, 'runs')) as { runs: readonly RunLine[] };
    show(surroundings.terminal, options, open, (paint) => {
      if (open.length === 0) return 'no run is open';
      const rows = open.map((run) => [
        run.run,
        run.workflow,
        run.project,
        run.agent,
        `${run.accepted} of ${run.nodes}`,
        run.open.join(', '),
      ]);
      return table(['run', 'workflow', 'project', 'agent', 'accepted', 'at'], rows, paint);
    });
    return ExitCode.ok;
  });
}

export async function status(
  surroundings: Surroundings,
  run: string,
  options: GlobalOptions,
): Promise<ExitCode> {
  return within(surroundings, 'operator', options, async (session) => {
    const { run: view } = (await ask(session, 'run', { run })) as { run?: RunView };
    if (!view)
      throw new WritError(
        'unknown-run',
        `no run is named "${run}"; \`writ workflow runs\` lists those that are open`,
      );
    show(surroundings.terminal, options, view, (paint) => runText(view, paint));
    return ExitCode.ok;
  });
}

export async function failures(
  surroundings: Surroundings,
  options: GlobalOptions & { readonly run?: string; readonly project: string },
): Promise<ExitCode> {
  return within(surroundings, 'operator', options, async (session) => {
    const { run, project } = options;
    const reply = await ask(session, 'failures', run === undefined ? { project } : { run });
    const found = (reply as { failures: readonly FailureSummary[] }).failures;
    show(surroundings.terminal, options, found, (paint) =>
      found.length > 0 ? failureTable(found, paint) : 'no contract was broken',
    );
    return ExitCode.ok;
  });
}

export async function catalog(surroundings: Surroundings, options: GlobalOptions): Promise<ExitCode> {
  return within(surroundings, 'operator', options, async (session) => {
    const tools = (await ask(session, 'tools')) as ToolCatalog;
    show(surroundings.terminal, options, tools, () => catalogText(tools));
    return ExitCode.ok;
  });
}

/** Exit code 2 when a contract of the workflow cannot be met. */
export async function lintFile(
  surroundings: Surroundings,
  file: string,
  options: GlobalOptions,
): Promise<ExitCode> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new WritError('invalid-workflow', `${file} cannot be read: ${messageOf(error)}`);
  });
  const read = readWorkflow(file, text);
  const { workflow } = read;
  return within(surroundings, 'operator', options, async (session) => {
    const { problems } = (await ask(session, 'lint', { workflow })) as {
      problems: readonly WorkflowProblem[];
    };
    show(surroundings.terminal, options, { file, problems }, (paint) =>
      problems.length === 0
        ? `${file}: ${paint('green', 'every contract can be met')}`
        : problems.map(({ node, message }) => `${read.placeOf(node)}: ${message}`).join('\n'),
    );
    return problems.length === 0 ? ExitCode.ok : ExitCode.usage;
  });
}

export async function plan(
  surroundings: Surroundings,
  task: string,
  options: GlobalOptions & { readonly project: string },
): Promise<ExitCode> {
  return within(surroundings, 'operator', options, async (session) => {
    const { project } = options;
    const tools = (await ask(session, 'tools')) as ToolCatalog;
    const known = (await ask(session, 'failures', { project })) as { failures: readonly FailureSummary[] };
    const planned = await ruleBasedPlanner.plan({ task, catalog: tools, failures: known.failures, project });
    show(surroundings.terminal, options, planned, () => stringify(planned).trimEnd());
    return ExitCode.ok;
  });
}

export async function rule(
  surroundings: Surroundings,
  ruling: 'retry' | 'fail',
  named: { readonly run: string; readonly node: string },
  options: GlobalOptions & { readonly reason?: string },
): Promise<ExitCode> {
  const run = runId.safeParse(named.run);
  const node = token.safeParse(named.node);
  if (!run.success || !node.success)
    throw new WritError(
      'unknown-run',
      `"${named.run}" and "${named.node}" must be names of a run and a node`,
    );
  return within(surroundings, 'approver', options, async (session) => {
    const { run: view } = (await ask(session, 'run', { run: run.data })) as { run?: RunView };
    const waiting = view?.nodes[node.data]?.status;
    if (waiting !== 'person')
      throw new WritError(
        'not-waiting',
        `node "${node.data}" of run "${run.data}" waits for nobody (${waiting ?? 'unknown'})`,
      );
    const said = options.reason === undefined ? {} : { reason: options.reason };
    const data = { run: run.data, node: node.data, ruling, ...said };
    await publishAsApprover(session, { type: 'node.ruled', tenant: session.tenant, data });
    show(surroundings.terminal, options, { ...data, by: session.origin }, (paint) => {
      const word = ruling === 'retry' ? paint('green', 'is asked once more') : paint('red', 'is given up');
      return `node ${data.node} of run ${data.run} ${word}, says ${session.origin}`;
    });
    return ExitCode.ok;
  });
}

function ask({ transport, tenant }: Session, call: string, body: unknown = {}): Promise<unknown> {
  return transport.query(subjects.api(tenant, 'policy', call), body);
}

function runText(view: RunView, paint: Paint): string {
  const rows = Object.entries(view.nodes).map(([name, node]) => [
    name,
    paint(COLOURS[node.status] ?? 'cyan', node.status),
    node.attempt === 0 ? '' : String(node.attempt),
    node.routedTo === undefined ? '' : `-> ${node.routedTo}`,
    (node.feedback ?? '').split('\n').slice(0, 2).join(' ').slice(0, 80),
  ]);
  const state = paint(COLOURS[view.status] ?? 'cyan', view.status);
  const why = view.reason === undefined ? '' : ` (${view.reason})`;
  return `run ${view.run}: ${state}${why}\n${table(['node', 'state', 'attempt', 'route', 'told'], rows, paint)}`;
}

function failureTable(found: readonly FailureSummary[], paint: Paint): string {
  const rows = found.map(({ nodeType, tools, reason, count, fixes }) => [
    nodeType,
    reason,
    String(count),
    tools.join(', '),
    fixes.map(({ calls, count: times }) => `${calls.join(', ') || 'no calls'} (${times})`).join('; '),
  ]);
  return table(['node type', 'reason', 'times', 'tools', 'what worked'], rows, paint);
}
