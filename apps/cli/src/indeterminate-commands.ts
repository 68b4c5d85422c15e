/**
 * `writ indeterminate`, `writ resolve`: calls whose end nobody saw, and what a person found out about one of them.
 * `writ preempt`: a running call gives its place up.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { WritError, invocationId, statusReply, subjects, toMicros } from '@writ/contracts';
import type { Amounts, EventData, Fact, InvocationId } from '@writ/contracts';
import type { Transport } from '@writ/sdk';
import { InvalidArgumentError } from 'commander';
import type { Command } from 'commander';
import { z } from 'zod';
import { publishAsApprover } from './approver-facts.ts';
import { show, within } from './commands.ts';
import type { GlobalOptions, Surroundings } from './commands.ts';
import { ExitCode } from './exit-code.ts';
import { amounts } from './fact-line.ts';
import { publishFact } from './operate.ts';
import type { Session } from './session.ts';
import { table } from './table.ts';
import { boundedText } from './terms.ts';
import type { Paint } from './terminal.ts';

const indeterminateCall = z.object({
  invocation: invocationId,
  tool: z.string(),
  agent: z.string(),
  attempt: z.number(),
  executor: z.string(),
  since: z.number(),
  owner: z.enum(['tool', 'person']),
});
type IndeterminateCall = z.infer<typeof indeterminateCall>;

const indeterminateReply = z.object({
  calls: z.array(indeterminateCall),
  /** There is another page behind this place. */
  next: indeterminateCall.pick({ since: true, invocation: true }).optional(),
});

interface ResolveOptions extends GlobalOptions {
  readonly as: 'succeeded' | 'failed';
  readonly reason?: string;
  readonly used?: Amounts;
}

const POLL_MS = 100;
const GIVE_UP_AFTER_MS = 10_000;
/** Calls that an error message names. */
const MOST_NAMED = 20;

/** Adds the commands; `ended` takes their exit code. */
export function addIndeterminateCommands(
  program: Command,
  surroundings: Surroundings,
  ended: (code: ExitCode) => void,
): void {
  program
    .command('indeterminate')
    .description('calls whose executor was lost while they ran, and who has to say what became of them')
    .action(async (_: unknown, command: Command) =>
      ended(await list(surroundings, command.optsWithGlobals())),
    );
  program
    .command('resolve <invocation>')
    .description('say what became of an indeterminate call: it ends')
    .requiredOption('--as <outcome>', 'succeeded or failed', outcomeOf)
    .option('--reason <text>', 'how you know; recorded and told to the agent', boundedText)
    .option('--used <unit=amount>', 'what it used, once for each unit; else its ceiling is charged', usedOf)
    .action(async (id: string, _: unknown, command: Command) =>
      ended(await resolve(surroundings, id, command.optsWithGlobals())),
    );
  program
    .command('preempt <invocation>')
    .description('let a running call of a resumable tool give its place up; it goes on later')
    .requiredOption('--reason <text>', 'recorded with the fact', boundedText)
    .action(async (id: string, _: unknown, command: Command) =>
      ended(await preempt(surroundings, id, command.optsWithGlobals())),
    );
}

async function list(surroundings: Surroundings, options: GlobalOptions): Promise<ExitCode> {
  return within(surroundings, 'operator', options, async ({ transport, tenant }) => {
    const calls = await indeterminateCalls(transport, tenant);
    show(surroundings.terminal, options, calls, (paint) =>
      calls.length > 0 ? callTable(calls, paint) : 'no call is indeterminate',
    );
    return ExitCode.ok;
  });
}

async function resolve(surroundings: Surroundings, id: string, options: ResolveOptions): Promise<ExitCode> {
  return within(surroundings, 'approver', options, async (session) => {
    const { tenant } = session;
    const call = findCall(await indeterminateCalls(session.transport, tenant), id);
    const { as: outcome, reason, used } = options;
    const { invocation } = call;
    const data = { invocation, outcome, ...(reason ? { reason } : {}), ...(used ? { used } : {}) };
    await publishAsApprover(session, { type: 'invocation.resolved', tenant, data });
    const end = await endOf(session, call);
    show(surroundings.terminal, options, { ...call, ...end }, (paint) => endText(invocation, end, paint));
    return end.type === 'schedule.resolved' ? ExitCode.ok : ExitCode.refused;
  });
}

/** Whether it did stop shows in `writ watch`: the executor may be done before it hears of it. */
async function preempt(
  surroundings: Surroundings,
  id: string,
  options: GlobalOptions & { readonly reason: string },
): Promise<ExitCode> {
  return within(surroundings, 'operator', options, async ({ transport, tenant }) => {
    const invocation = id as InvocationId;
    const data = { invocation, reason: options.reason };
    const fact: Fact = { type: 'preemption.requested', tenant, data };
    const seq = await publishFact(transport, fact, () => new Date(), surroundings.interrupt);
    const then = 'it gives its place up if it runs and its tool is resumable';
    show(
      surroundings.terminal,
      options,
      { invocation, seq },
      () => `${invocation}: recorded as ${seq}; ${then}`,
    );
    return ExitCode.ok;
  });
}

/** All of them, page by page. One that is lost again meanwhile comes twice: what was said of it last is true. */
async function indeterminateCalls(
  transport: Transport,
  tenant: Session['tenant'],
): Promise<readonly IndeterminateCall[]> {
  const calls = new Map<InvocationId, IndeterminateCall>();
  let page: z.infer<typeof indeterminateReply> | undefined;
  do {
    const request = page?.next ? { after: page.next } : {};
    const answer = await transport.query(subjects.api(tenant, 'scheduler', 'indeterminate'), request);
    const reply = indeterminateReply.safeParse(answer);
    if (!reply.success) {
      const why = z.prettifyError(reply.error);
      throw new WritError('query-failed', `the scheduler's answer cannot be read: ${why}`);
    }
    page = reply.data;
    for (const call of page.calls) calls.set(call.invocation, call);
  } while (page.next);
  return [...calls.values()];
}

/** The call of this id; a beginning of it is enough when no other one begins so. */
function findCall(calls: readonly IndeterminateCall[], id: string): IndeterminateCall {
  const matches = calls.filter(({ invocation }) => invocation === id || invocation.startsWith(id));
  const exact = matches.find(({ invocation }) => invocation === id) ?? matches[0];
  if (exact && (matches.length === 1 || exact.invocation === id)) return exact;
  const names = calls.slice(0, MOST_NAMED).map(({ invocation }) => invocation);
  const known = [...names, ...(calls.length > MOST_NAMED ? ['...'] : [])].join(', ');
  const why = exact
    ? `${matches.length} indeterminate calls begin with "${id}"`
    : `"${id}" is not indeterminate`;
  throw new WritError('not-indeterminate', `${why}; ${known === '' ? 'no call is' : `these are: ${known}`}`);
}

interface CallEnd {
  readonly type: string;
  readonly data: unknown;
}

/** The fact that ended the call, once the audit has it. */
async function endOf(
  { transport, tenant }: Session,
  { invocation, owner }: IndeterminateCall,
): Promise<CallEnd> {
  const giveUpAt = performance.now() + GIVE_UP_AFTER_MS;
  for (;;) {
    const answer = await transport
      .query(subjects.api(tenant, 'audit', 'status'), { invocations: [invocation] })
      .catch(() => undefined);
    const known = statusReply.safeParse(answer);
    const [end] = known.success ? known.data.terminal : [];
    if (end) return end;
    if (performance.now() > giveUpAt) break;
    await delay(POLL_MS);
  }
  const asked = 'its tool is being asked, and that answer comes first: look at `writ indeterminate` again';
  const why = owner === 'tool' ? asked : 'no leading scheduler has acted on it yet';
  throw new WritError('unconfirmed', `it is recorded, but ${invocation} has not ended; ${why}`, {
    retryable: true,
  });
}

function endText(invocation: InvocationId, { type, data }: CallEnd, paint: Paint): string {
  if (type !== 'schedule.resolved') return `${invocation} had ended already: ${type}`;
  const { outcome, by, used } = data as EventData<'schedule.resolved'>;
  const cost = used ? `charged ${amounts(used)}` : 'charged at its ceiling';
  return `${invocation} ${paint(outcome === 'succeeded' ? 'green' : 'red', outcome)}, says ${by}; ${cost}`;
}

function callTable(calls: readonly IndeterminateCall[], paint: Paint): string {
  const rows = calls.map(({ invocation, tool, agent, executor, attempt, since, owner }) => [
    invocation,
    tool,
    agent,
    executor,
    String(attempt),
    new Date(since).toISOString(),
    owner === 'tool' ? 'the tool is asked' : `a person: writ resolve ${invocation} --as succeeded|failed`,
  ]);
  return table(
    ['invocation', 'tool', 'agent', 'lost on', 'attempt', 'since', 'who says what became of it'],
    rows,
    paint,
  );
}

function outcomeOf(text: string): 'succeeded' | 'failed' {
  if (text === 'succeeded' || text === 'failed') return text;
  throw new InvalidArgumentError('It is succeeded or failed.');
}

function usedOf(text: string, before: Amounts = {}): Amounts {
  const [, unit, amount] = /^([a-z][a-z0-9-]{0,31})=(\d{1,12}(?:\.\d{1,6})?)$/.exec(text) ?? [];
  if (unit === undefined) throw new InvalidArgumentError('It is a unit and an amount: node-hours=1.5.');
  return { ...before, [unit]: String(toMicros(Number(amount))) };
}
