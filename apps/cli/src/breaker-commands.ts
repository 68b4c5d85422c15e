/**
 * `writ breaker`, `writ pause`, `writ resume`: what operators make of circuits. Each is a fact with a reason. What stops
 * calls reports those that an executor already has until they have stopped: it does not say "done" while calls run.
 */
import { ForcedMode, WritError, breakerScope } from '@writ/contracts';
import type { Fact } from '@writ/contracts';
import type { Command } from 'commander';
import { breakerTable, readBreakers } from './breaker-table.ts';
import { show, within } from './commands.ts';
import type { GlobalOptions, Surroundings } from './commands.ts';
import { ExitCode } from './exit-code.ts';
import { publishFact } from './operate.ts';
import { runningCalls, untilStopped } from './running-calls.ts';
import type { RunningCall } from './running-calls.ts';
import type { Session } from './session.ts';
import { table } from './table.ts';
import { boundedText, durationOf } from './terms.ts';

interface ForceOptions extends GlobalOptions {
  readonly reason: string;
  readonly ttl?: number;
  readonly all?: boolean;
  /** False with `--no-wait`. */
  readonly wait: boolean;
}

/** Adds the commands; `ended` takes their exit code. */
export function addBreakerCommands(
  program: Command,
  surroundings: Surroundings,
  ended: (code: ExitCode) => void,
): void {
  const group = program.command('breaker').description('circuits of tools, pools and everything');
  cell(group.command('list').description('every circuit, and what operators made of it')).action(
    async (_: unknown, command: Command) => ended(await list(surroundings, command.optsWithGlobals())),
  );
  const forcing: readonly [string, ForcedMode, string][] = [
    ['open', ForcedMode.open, 'refuse its calls for a time'],
    ['close', ForcedMode.closed, 'let its calls through for a time, whatever they do'],
    ['metrics-only', ForcedMode.metricsOnly, 'let its calls through for a time and go on counting'],
  ];
  for (const [name, mode, description] of forcing) {
    const command = reasoned(group.command(`${name} <scope>`).description(description));
    command.requiredOption('--ttl <time>', '90s, 10m, 8h or 2d', durationOf);
    command.action(async (scope: string, _: unknown, given: Command) =>
      ended(await force(surroundings, mode, scopeOf(scope), given.optsWithGlobals())),
    );
  }
  reasoned(group.command('release <scope>').description('end what was forced')).action(
    async (scope: string, _: unknown, given: Command) =>
      ended(await release(surroundings, scopeOf(scope), given.optsWithGlobals())),
  );
  reasoned(program.command('pause [scope]').description('let calls wait, and report those that still run'))
    .option('--all', 'every call')
    .option('--ttl <time>', '90s, 10m, 8h or 2d; else until `writ resume`', durationOf)
    .action(async (scope: string | undefined, _: unknown, given: Command) => {
      const options = given.optsWithGlobals<ForceOptions>();
      ended(await force(surroundings, ForcedMode.paused, pausedScope(scope, options.all), options));
    });
  reasoned(
    program.command('resume [scope]').description('end a pause; without a scope that of everything'),
  ).action(async (scope: string | undefined, _: unknown, given: Command) =>
    ended(await release(surroundings, scope === undefined ? 'all' : scopeOf(scope), given.optsWithGlobals())),
  );
}

async function list(surroundings: Surroundings, options: GlobalOptions): Promise<ExitCode> {
  return within(surroundings, 'operator', options, async ({ transport, tenant }) => {
    const breakers = await readBreakers(transport, tenant);
    show(surroundings.terminal, options, breakers, (paint) =>
      breakers.length > 0 ? breakerTable(breakers, paint) : 'nothing has run yet, so there is no circuit',
    );
    return ExitCode.ok;
  });
}

async function force(
  surroundings: Surroundings,
  mode: ForcedMode,
  scope: string,
  options: ForceOptions,
): Promise<ExitCode> {
  const { reason, ttl } = options;
  return within(surroundings, 'operator', options, async (session) => {
    const { tenant } = session;
    const data = { scope, mode, reason, ...(ttl === undefined ? {} : { ttlSeconds: ttl }) };
    const fact: Fact = { type: 'breaker.forced', tenant, data };
    const seq = await publishFact(session.transport, fact, () => new Date(), surroundings.interrupt);
    const until = ttl === undefined ? 'until it is released' : `for ${ttl} s`;
    show(
      surroundings.terminal,
      options,
      { tenant, seq, ...data },
      () => `${scope} is ${mode} ${until} (${seq})`,
    );
    const stops = mode === ForcedMode.open || mode === ForcedMode.paused;
    const running = await runningCalls(session.transport, tenant, scope, seq);
    return stops ? report(surroundings, session, options, { scope, seq, running }) : ExitCode.ok;
  });
}

/** What had not stopped when a pause ends is still told of: it began before, and may be why there was a pause. */
async function release(surroundings: Surroundings, scope: string, options: ForceOptions): Promise<ExitCode> {
  const { reason } = options;
  return within(surroundings, 'operator', options, async (session) => {
    const { tenant, transport } = session;
    // Without a leader the release is recorded all the same, and what runs is asked for again.
    const before = await runningCalls(transport, tenant, scope, 0).catch(() => undefined);
    const fact: Fact = { type: 'breaker.released', tenant, data: { scope, reason } };
    const seq = await publishFact(transport, fact, () => new Date(), surroundings.interrupt);
    show(
      surroundings.terminal,
      options,
      { tenant, seq, scope, reason },
      () => `${scope} is released (${seq})`,
    );
    const running = before ?? (await runningCalls(transport, tenant, scope, seq));
    return report(surroundings, session, options, { scope, seq, running });
  });
}

interface Stopping {
  readonly scope: string;
  readonly seq: number;
  readonly running: readonly RunningCall[];
}

async function report(
  { terminal, interrupt }: Surroundings,
  { transport, tenant }: Session,
  options: ForceOptions,
  { scope, seq, running }: Stopping,
): Promise<ExitCode> {
  show(terminal, options, { running }, (paint) => {
    if (running.length === 0) return 'no call is running';
    const rows = running.map((call) => [
      call.status === 'lost' ? paint('yellow', 'executor lost') : paint('yellow', 'still running'),
      call.tenant,
      call.invocation,
      call.tool,
      call.executor,
    ]);
    return table(['state', 'tenant', 'invocation', 'tool', 'executor'], rows, paint);
  });
  if (!options.wait) return running.length === 0 ? ExitCode.ok : ExitCode.refused;
  const left = await untilStopped(
    () => runningCalls(transport, tenant, scope, seq),
    running,
    interrupt,
    ({ calls, stopped }) =>
      show(terminal, options, { stopped, left: calls.length }, () =>
        stopped
          .map(({ invocation, tool }) => `stopped: ${invocation} ${tool}; ${calls.length} left`)
          .join('\n'),
      ),
  );
  const lost = running.filter(({ status }) => status === 'lost').length;
  if (left.length === 0 && lost === 0) return ExitCode.ok;
  const sentences = [
    ...(left.length > 0 ? [`${left.length} calls still run`] : []),
    ...(lost > 0 ? [`of ${lost} calls nobody knows whether they still run: their owners have to look`] : []),
  ];
  show(terminal, options, { left: left.length, lost }, () => sentences.join('\n'));
  return ExitCode.refused;
}

function cell(command: Command): Command {
  return command.option('--cell', 'over all tenants, not only of this one');
}

function reasoned(command: Command): Command {
  return cell(command)
    .requiredOption('--reason <text>', 'recorded, and told to whose calls are refused', boundedText)
    .option('--no-wait', 'show what still runs and do not wait for it');
}

function pausedScope(scope: string | undefined, all: boolean | undefined): string {
  if (scope !== undefined && !all) return scopeOf(scope);
  if (scope === undefined && all) return 'all';
  throw new WritError('invalid-scope', 'pause takes either --all or one scope: tool:<name>, pool:<name>');
}

function scopeOf(text: string): string {
  const scope = breakerScope.safeParse(text);
  if (scope.success) return scope.data;
  throw new WritError('invalid-scope', `a scope is tool:<name>, pool:<name> or all, not "${text}"`);
}
