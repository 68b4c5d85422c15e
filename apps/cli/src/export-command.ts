/** `writ export`: what is recorded, in the format that is wanted, into a file or to standard output. */
import { ExportFormat, exportTo, exportToFile } from '@writ/sdk';
import type { ExportOptions, ExportProgress, Exported } from '@writ/sdk';
import { Presets, SingleBar } from 'cli-progress';
import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import { show, within } from './commands.ts';
import type { GlobalOptions, Surroundings } from './commands.ts';
import { ExitCode } from './exit-code.ts';
import type { Terminal } from './terminal.ts';

/** The name of standard output. */
const STANDARD_OUTPUT = '-';

interface ExportFlags extends GlobalOptions, Pick<ExportOptions, 'campaign' | 'log' | 'invocation'> {
  readonly format: ExportFormat;
  readonly output: string;
  readonly since?: string;
  readonly until?: string;
}

export function addExportCommand(
  program: Command,
  surroundings: Surroundings,
  ended: (code: ExitCode) => void,
): void {
  const formats = Object.values(ExportFormat).join(', ');
  program
    .command('export')
    .description('what is recorded of a campaign, an audit log, a call, a span of time, or of everything')
    .requiredOption('-o, --output <file>', 'where it goes; "-" is standard output')
    .option('--format <format>', formats, formatOf, ExportFormat.report)
    .option('--campaign <name>', 'only this campaign')
    .option('--log <name>', 'only this audit log')
    .option('--invocation <id>', 'only this call')
    .option('--since <time>', 'asked for (an event: recorded) at this time or later, RFC 3339', timeOf)
    .option('--until <time>', 'and before this time', timeOf)
    .action(async (_, command: Command) =>
      ended(await exportRecords(surroundings, command.optsWithGlobals())),
    );
}

async function exportRecords(surroundings: Surroundings, flags: ExportFlags): Promise<ExitCode> {
  const { format, output, campaign, log, invocation, since, until } = flags;
  const { terminal, interrupt } = surroundings;
  return within(surroundings, 'operator', flags, async ({ transport, tenant }) => {
    const bar = progressOf(terminal);
    const scope = { campaign, log, invocation, since, until };
    const options: ExportOptions = { ...scope, format, onProgress: bar.show, signal: interrupt };
    const toTerminal = output === STANDARD_OUTPUT;
    try {
      const exported = toTerminal
        ? await exportTo((text) => terminal.write(text), transport, tenant, options)
        : await exportToFile(output, transport, tenant, options);
      bar.end();
      // What was asked for went to standard output already.
      if (!toTerminal) show(terminal, flags, { output, ...exported }, () => sentence(output, exported));
      return ExitCode.ok;
    } finally {
      bar.end();
    }
  });
}

function sentence(output: string, { summary, calls, events, bytes }: Exported): string {
  const outcomes = Object.entries(summary?.outcomes ?? {}).map(([outcome, count]) => `${count} ${outcome}`);
  const counted = events > 0 ? `${events} events` : `${calls} calls`;
  const what = summary ? `${summary.calls} calls (${outcomes.join(', ') || 'none ended'})` : counted;
  return `${output}: ${what}, ${bytes} bytes`;
}

/** A bar by ledger sequence, for a person who looks at it. */
function progressOf({ progress }: Terminal): { show: (now: ExportProgress) => void; end: () => void } {
  if (!progress) return { show: () => {}, end: () => {} };
  const format = '  {bar} {percentage}% | {calls} calls, {events} events | {eta_formatted} left';
  const bar = new SingleBar(
    { stream: progress, format, hideCursor: true, clearOnComplete: true },
    Presets.shades_classic,
  );
  let begun = false;
  return {
    show: ({ calls, events, from, at, asOf }) => {
      const told = { calls, events };
      if (!begun) bar.start(Math.max(asOf - from, 1), 0, told);
      begun = true;
      bar.update(at - from, told);
    },
    end: () => bar.stop(),
  };
}

function formatOf(text: string): ExportFormat {
  const found = Object.values(ExportFormat).find((format) => format === text);
  if (found !== undefined) return found;
  throw new InvalidArgumentError(`It is ${Object.values(ExportFormat).join(', ')}.`);
}

/** A day is its first moment in UTC. */
function timeOf(text: string): string {
  const at = /^\d{4}-\d\d-\d\d(T.*(Z|[+-]\d\d:\d\d))?$/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(at))
    throw new InvalidArgumentError('It is a day or a time with its zone: 2026-01-31, 2026-01-31T12:00:00Z.');
  return new Date(at).toISOString();
}
