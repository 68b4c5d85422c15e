/** `writ queue`, `writ why`, `writ admission`: what waits and what for, and whether a new call would be in time. */
import { WritError, statusReply, subjects } from '@writ/contracts';
import type { Priority, TenantId } from '@writ/contracts';
import type { Transport } from '@writ/sdk';
import type { Command } from 'commander';
import { z } from 'zod';
import { show, within } from './commands.ts';
import type { GlobalOptions, Surroundings } from './commands.ts';
import { ExitCode } from './exit-code.ts';
import { table } from './table.ts';
import type { Paint } from './terminal.ts';

const queuedCall = z.object({
  invocation: z.string(),
  tool: z.string(),
  project: z.string(),
  campaign: z.string(),
  status: z.string(),
  blockers: z.array(z.object({ kind: z.string(), detail: z.string(), seq: z.number().optional() })),
  position: z.number().optional(),
  expectedStartMs: z.number().optional(),
  expectedRunMs: z.number().optional(),
  deadlineMs: z.number().optional(),
});
type QueuedCall = z.infer<typeof queuedCall>;

const queueReply = z.object({ calls: z.array(queuedCall) });
const whyReply = z.object({ call: queuedCall.optional() });
const admissionReply = z.object({
  forecast: z
    .object({
      answer: z.enum(['likely', 'unlikely', 'unknown']),
      ahead: z.number(),
      expectedStartMs: z.number().optional(),
      expectedRunMs: z.number(),
    })
    .optional(),
});

interface AdmissionOptions extends GlobalOptions {
  readonly project?: string;
  readonly campaign?: string;
  readonly priority?: Priority;
  readonly deadline?: string;
}

/** Adds the commands; `ended` takes their exit code. */
export function addQueueCommands(
  program: Command,
  surroundings: Surroundings,
  priorityOf: (text: string) => Priority,
  ended: (code: ExitCode) => void,
): void {
  program
    .command('queue')
    .description('calls that do not run yet, and what holds each')
    .action(async (_: unknown, command: Command) =>
      ended(await queue(surroundings, command.optsWithGlobals())),
    );
  program
    .command('why <invocation>')
    .description('everything that holds one call, the most binding first')
    .action(async (id: string, _: unknown, command: Command) =>
      ended(await why(surroundings, id, command.optsWithGlobals())),
    );
  program
    .command('admission <tool>')
    .description('when a call asked for now would start, and whether it would meet its deadline')
    .option('--deadline <time>', 'RFC 3339')
    .option('--priority <priority>', 'urgent, normal, background, or 0 (most urgent) to 1000', priorityOf)
    .option('--project <name>', 'the project that the campaign belongs to')
    .option('--campaign <name>', 'the campaign that pays')
    .action(async (tool: string, _: unknown, command: Command) =>
      ended(await admission(surroundings, tool, command.optsWithGlobals())),
    );
}

async function queue(surroundings: Surroundings, options: GlobalOptions): Promise<ExitCode> {
  return within(surroundings, 'operator', options, async ({ transport, tenant }) => {
    const { calls } = await ask(transport, tenant, 'queue', {}, queueReply);
    show(surroundings.terminal, options, calls, (paint) =>
      calls.length > 0 ? queueTable(calls, paint) : 'no call waits',
    );
    return ExitCode.ok;
  });
}

async function why(
  surroundings: Surroundings,
  invocation: string,
  options: GlobalOptions,
): Promise<ExitCode> {
  return within(surroundings, 'operator', options, async ({ transport, tenant }) => {
    const { call } = await ask(transport, tenant, 'why', { invocation }, whyReply);
    const [ended] = call ? [] : await terminals(transport, tenant, invocation);
    if (!call && !ended) throw new WritError('unknown-invocation', `no call is known as "${invocation}"`);
    show(surroundings.terminal, options, call ?? ended, (paint) =>
      call ? callText(call, paint) : `${invocation} has ended: ${ended?.type}`,
    );
    return ExitCode.ok;
  });
}

async function admission(
  surroundings: Surroundings,
  tool: string,
  options: AdmissionOptions,
): Promise<ExitCode> {
  const { project, campaign, priority, deadline } = options;
  return within(surroundings, 'operator', options, async ({ transport, tenant }) => {
    const wish = { tool, project, campaign, priority, deadline };
    const { forecast } = await ask(transport, tenant, 'admission', wish, admissionReply);
    if (!forecast) throw new WritError('unknown-tool', `no tool is registered as "${tool}"`);
    show(surroundings.terminal, options, forecast, (paint) => {
      const colour = { likely: 'green', unlikely: 'red', unknown: 'grey' } as const;
      const start = forecast.expectedStartMs;
      return [
        deadline === undefined
          ? 'no deadline was given'
          : `in time: ${paint(colour[forecast.answer], forecast.answer)}`,
        `calls ahead: ${forecast.ahead}`,
        `should start: ${start === undefined ? 'unknown, no executor pulls for its pool' : timeOf(start)}`,
        `usually runs: ${secondsOf(forecast.expectedRunMs)}`,
      ].join('\n');
    });
    return forecast.answer === 'unlikely' ? ExitCode.refused : ExitCode.ok;
  });
}

async function ask<T>(
  transport: Transport,
  tenant: TenantId,
  call: string,
  body: object,
  schema: z.ZodType<T>,
): Promise<T> {
  const reply = schema.safeParse(await transport.query(subjects.api(tenant, 'scheduler', call), body));
  if (reply.success) return reply.data;
  throw new WritError(
    'query-failed',
    `the scheduler's answer cannot be read: ${z.prettifyError(reply.error)}`,
  );
}

/** What the audit knows of a call that has ended. */
async function terminals(transport: Transport, tenant: TenantId, invocation: string) {
  const reply = await transport.query(subjects.api(tenant, 'audit', 'status'), { invocations: [invocation] });
  const known = statusReply.safeParse(reply);
  return known.success ? known.data.terminal : [];
}

function queueTable(calls: readonly QueuedCall[], paint: Paint): string {
  const rows = calls.map((call) => [
    call.position === undefined ? '-' : String(call.position + 1),
    call.invocation,
    call.tool,
    call.campaign === '' ? call.project : `${call.project}/${call.campaign}`,
    call.blockers[0]?.kind ?? '-',
    call.expectedStartMs === undefined ? '-' : timeOf(call.expectedStartMs),
    call.blockers[0]?.detail ?? '',
  ]);
  return table(
    ['place', 'invocation', 'tool', 'account', 'waits for', 'should start', 'because'],
    rows,
    paint,
  );
}

function callText(call: QueuedCall, paint: Paint): string {
  const head = `${call.invocation} (${call.tool}) is ${call.status}`;
  const rows = call.blockers.map(({ kind, seq, detail }) => [
    kind,
    seq === undefined ? '-' : String(seq),
    detail,
  ]);
  const facts = [
    call.position === undefined ? undefined : `place in the queue: ${call.position + 1}`,
    call.expectedStartMs === undefined ? undefined : `should start: ${timeOf(call.expectedStartMs)}`,
    call.expectedRunMs === undefined ? undefined : `usually runs: ${secondsOf(call.expectedRunMs)}`,
    call.deadlineMs === undefined ? undefined : `deadline: ${timeOf(call.deadlineMs)}`,
  ].filter((line) => line !== undefined);
  const reasons = rows.length > 0 ? [table(['held by', 'sequence', 'because'], rows, paint)] : [];
  return [head, ...facts, ...reasons].join('\n');
}

function timeOf(ms: number): string {
  return new Date(ms).toISOString();
}

function secondsOf(ms: number): string {
  return `${(ms / 1_000).toPrecision(2)} s`;
}
