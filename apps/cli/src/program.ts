/** The command line: what can be typed, and which command it starts. */
import { MAX_STANDING_SECONDS, SafetyClass, WritError } from '@writ/contracts';
import type { Priority } from '@writ/contracts';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { addBreakerCommands } from './breaker-commands.ts';
import * as people from './approver-commands.ts';
import * as commands from './commands.ts';
import type { Surroundings } from './commands.ts';
import { addEvidenceCommands } from './evidence-commands.ts';
import { addExportCommand } from './export-command.ts';
import { addLineageCommand } from './lineage/lineage-command.ts';
import { ExitCode, exitCodeOf } from './exit-code.ts';
import { addIndeterminateCommands } from './indeterminate-commands.ts';
import { addInitCommand } from './init-command.ts';
import { addQueueCommands } from './queue-commands.ts';
import { amountsOf, boundedText, durationOf, sequenceOf } from './terms.ts';
import { addWorkflowCommands } from './workflow-program.ts';

/** Runs one command line (without program names); every error ends as a message and an exit code. */
export async function runCommandLine(args: readonly string[], surroundings: Surroundings): Promise<ExitCode> {
  let exitCode: ExitCode = ExitCode.ok;
  const program = buildProgram(surroundings, (code) => (exitCode = code));
  try {
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.ok : ExitCode.usage;
    report(surroundings, args.includes('--json'), error);
    return exitCodeOf(error);
  }
}

function report({ terminal }: Surroundings, json: boolean, error: unknown): void {
  if (!(error instanceof WritError)) {
    // A fault of this program: whoever mends it needs to know where it happened.
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
    terminal.err(json ? JSON.stringify({ error: { code: 'fault', message } }) : `writ: ${message}`);
    return;
  }
  const { code, message, details } = error;
  if (json) terminal.err(JSON.stringify({ error: { code, message, details } }));
  // Problems of files begin with their place, as editors and terminals expect it.
  else terminal.err(code === 'invalid-catalog' ? message : `writ: ${message}`);
}

function buildProgram(surroundings: Surroundings, ended: (code: ExitCode) => void): Command {
  const { terminal } = surroundings;
  const program = new Command('writ')
    .description('Governed tool execution: no tool call runs without a writ.')
    .option('--json', 'results as JSON, one document a line')
    .option('--server <url>', 'NATS server; else WRIT_NATS_URL, else .writ/connection.json')
    .option('--user <user>', 'else WRIT_NATS_USER')
    .option('--password <password>', 'else WRIT_NATS_PASSWORD')
    .option('--tenant <tenant>', 'else WRIT_TENANT')
    .exitOverride()
    .showHelpAfterError('(writ --help tells what there is)')
    .configureOutput({
      writeOut: (text) => terminal.out(text.trimEnd()),
      writeErr: (text) => terminal.err(text.trimEnd()),
    });
  type Action = (command: Command, argument: string) => Promise<ExitCode>;
  const add = (usage: string, description: string, action: Action): Command =>
    program
      .command(usage)
      .description(description)
      .action(async (...given: unknown[]) => {
        // Without an argument the options come first.
        const [argument] = given;
        ended(await action(given.at(-1) as Command, typeof argument === 'string' ? argument : ''));
      });
  addCatalogCommands(add, surroundings);
  addStorageCommand(add, surroundings);
  addCallCommands(add, surroundings);
  addApproverCommands(add, surroundings);
  addLookingCommands(add, surroundings);
  addBreakerCommands(program, surroundings, ended);
  addPolicyCommands(program, surroundings, ended);
  addEvidenceCommands(program, surroundings, ended);
  addExportCommand(program, surroundings, ended);
  addLineageCommand(program, surroundings, ended);
  addWorkflowCommands(program, surroundings, ended);
  addQueueCommands(program, surroundings, priorityOf, ended);
  addIndeterminateCommands(program, surroundings, ended);
  addInitCommand(program, surroundings, ended);
  return program;
}

type Add = (
  usage: string,
  description: string,
  action: (command: Command, argument: string) => Promise<ExitCode>,
) => Command;

function addCatalogCommands(add: Add, surroundings: Surroundings): void {
  add('apply', 'publish the tools, policies, budgets and breakers of a folder', (command) =>
    commands.apply(surroundings, command.optsWithGlobals()),
  )
    .requiredOption('-f, --file <folder>', 'folder of *.yaml files')
    .option('--dry-run', 'show what would change and publish nothing')
    .option('--cell', 'what holds for all tenants: breakers and scheduling');
  addImport(add, surroundings);
  add('budget [account]', 'what each account has left', (command) =>
    commands.budget(surroundings, command.args[0], command.optsWithGlobals()),
  );
}

function addStorageCommand(add: Add, surroundings: Surroundings): void {
  add('give-back', 'tell the budget that storage is free again, once it is deleted', (command) =>
    commands.returnStorage(surroundings, command.optsWithGlobals()),
  )
    .option('--payload <digest>', 'an output that is no longer in the payload store')
    .option('--bytes <count>', 'or bytes elsewhere, which tools reported as usage')
    .option('--project <name>', 'whose accounts give them back')
    .option('--campaign <name>', 'and its campaign')
    .option('--expired', 'it ran out; else it was deleted');
}

function addImport(add: Add, surroundings: Surroundings): void {
  add(
    'import <kind>',
    'list the tools of an MCP server as a governance file (kind: mcp)',
    (command, kind) => {
      if (kind === 'mcp') return commands.importTools(surroundings, command.optsWithGlobals());
      throw new WritError('invalid-call', `"${kind}" cannot be imported; known: mcp`);
    },
  )
    .option('--url <url>', 'of a server that speaks streamable HTTP')
    .option('--command <words...>', 'program and arguments of a server that speaks on stdin and stdout')
    .option('--prefix <text>', 'put before every name', '')
    .option(
      '--class <class>',
      'the least class of all; annotations can only raise it',
      classOf,
      'DESTRUCTIVE',
    )
    .option('--pool <pool>', 'executors that can reach the server')
    .option('-o, --output <file>', 'a new file; else the YAML is printed');
}

function classOf(text: string): SafetyClass {
  const found = Object.values(SafetyClass).find((one) => one === text.toUpperCase());
  if (found !== undefined) return found;
  throw new InvalidArgumentError(`It is ${Object.values(SafetyClass).join(', ')}.`);
}

function addCallCommands(add: Add, surroundings: Surroundings): void {
  add('run <tool>', 'run one tool call and wait for its outcome', (command, tool) =>
    commands.run(surroundings, tool, command.optsWithGlobals()),
  )
    .option('--inputs <json>', 'a JSON object, or @file with one', '{}')
    .option('--priority <priority>', 'urgent, normal, background, or 0 (most urgent) to 1000', priorityOf)
    .option('--campaign <name>', 'the campaign that pays')
    .option('--project <name>', 'the project that the campaign belongs to')
    .option('--deadline <time>', 'RFC 3339; a call that cannot end by then any more expires')
    .addOption(new Option('--when-late <what>', 'else it expires').choices(['refuse', 'run']))
    .option('--justification <text>', 'shown to the people who may approve', boundedText)
    .option('--log <name>', 'audit log that records the call')
    .option('--agent <agent>', 'else WRIT_AGENT');
}

function addApproverCommands(add: Add, surroundings: Surroundings): void {
  add(
    'approvals [invocation]',
    'calls that wait for a person; one of them with all that is known',
    (command, id) => people.approvals(surroundings, id, command.optsWithGlobals()),
  )
    .option('--mine', 'only those that wait for me, or for somebody who lent me a vote')
    .option('--given', 'standing grants and delegations in force instead');
  add('approve <invocation>', 'let a waiting call run', (command, id) =>
    people.approve(surroundings, id, command.optsWithGlobals()),
  )
    .option('--reason <text>', 'recorded with the vote', boundedText)
    .option('--break-glass', 'grant alone, in an emergency; everyone who is skipped is told')
    .option(
      '--like <condition>',
      'also give a standing grant: yes to further calls of this tool where args.x ...',
    )
    .option('--uses <count>', 'how many calls the standing grant covers', usesOf, 10)
    .option(
      '--max-cost <amounts>',
      "what they may cost together; else this call's ceiling, --uses times",
      amountsOf,
    )
    .option('--for <duration>', 'how long the standing grant lasts, at most 8h', standingDurationOf, 3_600);
  add('deny <invocation>', 'end a waiting call', (command, id) =>
    people.deny(surroundings, id, command.optsWithGlobals()),
  ).requiredOption('--reason <text>', 'recorded with the vote and told to the agent', boundedText);
  add('delegate <person>', 'let another person vote in my name', (command, to) =>
    people.delegate(surroundings, to, command.optsWithGlobals()),
  )
    .option('--for <duration>', 'for how long', durationOf, 8 * 3_600)
    .option('--end', 'take it back now')
    .option('--reason <text>', 'recorded with it', boundedText);
  add('withdraw <standing>', 'take back a standing grant of mine', (command, standing) =>
    people.withdraw(surroundings, standing, command.optsWithGlobals()),
  );
}

function addLookingCommands(add: Add, surroundings: Surroundings): void {
  add('watch', 'every fact of the tenant as it is recorded', (command) =>
    commands.watch(surroundings, command.optsWithGlobals()),
  ).option('--since <sequence>', 'from this ledger sequence on, not only what is new', sequenceOf);
  add('status', 'whether each service answers', (command) =>
    commands.status(surroundings, command.optsWithGlobals()),
  );
}

/** The condition language takes longer to load than all the rest, so only these commands load it. */
function addPolicyCommands(
  program: Command,
  surroundings: Surroundings,
  ended: (code: ExitCode) => void,
): void {
  const policy = program.command('policy').description('for authors of policies');
  const load = () => import('./policy/commands.ts');
  policy
    .command('check <folder>')
    .description('mistakes, and rules that can never match or decide, or contradict each other')
    .action(async (folder: string, _, command: Command) =>
      ended(await (await load()).check(surroundings, folder, command.optsWithGlobals())),
    );
  policy
    .command('test <cases>')
    .description('requests with the decisions that are expected, from a YAML file; which rules they cover')
    .requiredOption('-f, --file <folder>', 'governance folder')
    .action(async (cases: string, _, command: Command) =>
      ended(await (await load()).test(surroundings, cases, command.optsWithGlobals())),
    );
  policy
    .command('explain <call>')
    .description('every rule with the value of every operand, for a recorded call or a request in a file')
    .option('-f, --file <folder>', 'governance folder instead of the catalog in force; for a request file')
    .action(async (call: string, _, command: Command) =>
      ended(await (await load()).explain(surroundings, call, command.optsWithGlobals())),
    );
  policy
    .command('backtest')
    .description('what other policies would have decided about the recorded requests')
    .requiredOption('--policies <folder>', 'governance folder with the candidate')
    .option('--since <time>', 'only requests of the last 30m, 12h or 7d')
    .action(async (_, command: Command) =>
      ended(await (await load()).runBacktest(surroundings, command.optsWithGlobals())),
    );
}

function priorityOf(text: string): Priority {
  if (text === 'urgent' || text === 'normal' || text === 'background') return text;
  const value = Number(text);
  if (Number.isInteger(value) && value >= 0 && value <= 1_000) return value;
  throw new InvalidArgumentError('It is urgent, normal, background, or a whole number from 0 to 1000.');
}

function usesOf(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= 10_000) return value;
  throw new InvalidArgumentError('It is a whole number from 1 to 10000.');
}

function standingDurationOf(text: string): number {
  const seconds = durationOf(text);
  if (seconds >= 1 && seconds <= MAX_STANDING_SECONDS) return seconds;
  throw new InvalidArgumentError(`It is at most ${MAX_STANDING_SECONDS / 3_600}h.`);
}
