/** The commands that question the record: `log`, `search`, `show`, `verify`, `replay`. */
import { MAX_LISTED } from '@writ/provenance';
import type { SearchRequest } from '@writ/provenance';
import type { Command } from 'commander';
import { InvalidArgumentError, Option } from 'commander';
import { show, within } from './commands.ts';
import type { GlobalOptions, Surroundings } from './commands.ts';
import { ExitCode } from './exit-code.ts';
import { ledTo } from './lineage/gather.ts';
import { listingTable, provenance, search } from './listing.ts';
import { provenanceText } from './provenance-text.ts';
import { sequenceOf } from './terms.ts';
import { verifyChain } from './verify-chain.ts';
import { verifyRows } from './verify-rows.ts';

type Filters = Omit<SearchRequest, 'argsDigest'> & { readonly digest?: string };

export function addEvidenceCommands(
  program: Command,
  surroundings: Surroundings,
  ended: (code: ExitCode) => void,
): void {
  program
    .command('log')
    .description('the latest calls, newest first')
    .option('-n, --limit <count>', `at most so many (up to ${MAX_LISTED})`, limitOf, 20)
    .action(async (_, command: Command) => ended(await list(surroundings, command.optsWithGlobals())));
  program
    .command('search')
    .description('the calls that match, newest first')
    .option('--project <name>', 'only this project')
    .option('--campaign <name>', 'only this campaign')
    .option('--agent <name>', 'only this agent')
    .option('--tool <name>', 'only this tool')
    .option('--stage <stage>', 'an outcome (succeeded, denied, ...), or how far an open call has come')
    .option('--text <words>', 'only calls with all of these words in inputs, outputs, reasons or errors')
    .option('--digest <digest>', 'only calls with these arguments (sha256:...)')
    .option('--since <time>', 'asked for at this time or later, RFC 3339')
    .option('--until <time>', 'asked for before this time')
    .option('-n, --limit <count>', `at most so many (up to ${MAX_LISTED})`, limitOf, 50)
    .option('--after <key>', 'the next page: the key that the page before ended with')
    .action(async (_, command: Command) => ended(await list(surroundings, command.optsWithGlobals())));
  program
    .command('show <invocation>')
    .description('who asked for a call, what was decided and why, where it ran and what it cost')
    .action(async (id: string, _, command: Command) =>
      ended(await showOne(surroundings, id, command.optsWithGlobals())),
    );
  program
    .command('verify')
    .description('compare what is recorded, commits and rows, with the stream; exits 1 when they differ')
    .action(async (_, command: Command) => ended(await verify(surroundings, command.optsWithGlobals())));
  program
    .command('replay')
    .description('make every recorded decision again and compare; exits 1 when one comes out otherwise')
    .option('--to <sequence>', 'up to this ledger sequence', sequenceOf)
    .addOption(
      new Option('--service <name>', 'only what this service decided').choices([
        'policy',
        'budget',
        'scheduler',
      ]),
    )
    .action(async (_, command: Command) => {
      // The cores take longer to load than all the rest, so only this command loads them.
      const { replay } = await import('./replay/command.ts');
      ended(await replay(surroundings, command.optsWithGlobals()));
    });
}

async function list(surroundings: Surroundings, options: GlobalOptions & Filters): Promise<ExitCode> {
  return within(surroundings, 'operator', options, async ({ transport, tenant }) => {
    const page = await search(transport, tenant, requestOf(options));
    show(surroundings.terminal, options, page, (paint) => {
      if (page.invocations.length === 0) return 'no call matches';
      const more = page.next === undefined ? [] : [paint('grey', `more: --after ${page.next}`)];
      return [listingTable(page.invocations, paint), ...more].join('\n');
    });
    return ExitCode.ok;
  });
}

async function showOne(surroundings: Surroundings, id: string, options: GlobalOptions): Promise<ExitCode> {
  return within(surroundings, 'operator', options, async ({ transport, tenant }) => {
    const told = await provenance(transport, tenant, id);
    const effects = await ledTo(transport, tenant, told);
    show(surroundings.terminal, options, { ...told, ledTo: effects }, (paint) =>
      provenanceText(told, effects, paint),
    );
    return ExitCode.ok;
  });
}

/** Commits first: rows are made of them, so where a commit differs nothing is said about rows. */
async function verify(surroundings: Surroundings, options: GlobalOptions): Promise<ExitCode> {
  return within(surroundings, 'operator', options, async ({ transport, tenant }) => {
    const { ledger } = transport;
    const suite = {
      ledger,
      query: async (...asked: Parameters<typeof transport.query>) => transport.query(...asked),
    };
    const chain = await verifyChain(suite, tenant);
    const rows = chain.fault ? undefined : await verifyRows(suite, tenant);
    show(surroundings.terminal, options, { ...chain, ...(rows ? { rows } : {}) }, (paint) => {
      if (chain.fault) {
        const { seq, what } = chain.fault;
        return `${paint('red', 'differs')} at ledger sequence ${seq}: this commit ${what} (${chain.checked} commits before it agree)`;
      }
      if (rows?.fault) {
        const { seq, invocation, what } = rows.fault;
        return `${paint('red', 'differs')} at ledger sequence ${seq}: the row of ${invocation} ${what}`;
      }
      return `${paint('green', 'verified')}: stream, hash chain and record of ${tenant} agree on ${chain.checked} commits and ${rows?.checked ?? 0} calls, up to ledger sequence ${chain.asOf}`;
    });
    return chain.fault || rows?.fault ? ExitCode.refused : ExitCode.ok;
  });
}

function requestOf(options: Filters): SearchRequest {
  const { project, campaign, agent, tool, stage, text, digest, since, until, limit, after } = options;
  const names = { project, campaign, agent, tool, stage, text, argsDigest: digest };
  return Object.fromEntries(
    Object.entries({ ...names, since, until, limit, after }).filter(([, value]) => value !== undefined),
  );
}

function limitOf(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= MAX_LISTED) return value;
  throw new InvalidArgumentError(`It is a whole number from 1 to ${MAX_LISTED}.`);
}
