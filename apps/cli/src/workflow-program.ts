/** `writ workflow ...`: what can be typed about workflows. */
import type { Command } from 'commander';
import type { Surroundings } from './commands.ts';
import type { ExitCode } from './exit-code.ts';
import * as workflow from './workflow-commands.ts';

type Action = (command: Command, first: string, second: string) => Promise<ExitCode>;

export function addWorkflowCommands(
  program: Command,
  surroundings: Surroundings,
  ended: (code: ExitCode) => void,
): void {
  const group = program.command('workflow').description('runs of workflows, and what planners need');
  const add = (usage: string, description: string, action: Action): Command =>
    group
      .command(usage)
      .description(description)
      .action(async (...given: unknown[]) => {
        ended(await action(given.at(-1) as Command, String(given[0]), String(given[1])));
      });
  add('runs', 'runs that have not ended', (command) =>
    workflow.runs(surroundings, command.optsWithGlobals()),
  );
  add('status <run>', 'where each node of a run stands', (command, run) =>
    workflow.status(surroundings, run, command.optsWithGlobals()),
  );
  add('failures', 'which contracts were broken, how often, and what worked in the end', (command) =>
    workflow.failures(surroundings, command.optsWithGlobals()),
  )
    .option('--run <run>', 'only of this run')
    .option('--project <project>', 'of a project', 'default');
  add('catalog', 'tools and node types, as text for a system prompt', (command) =>
    workflow.catalog(surroundings, command.optsWithGlobals()),
  );
  add('lint <file>', 'whether the contracts of a workflow can be met', (command, file) =>
    workflow.lintFile(surroundings, file, command.optsWithGlobals()),
  );
  add('plan <task>', 'a workflow for a task, by the reference planner', (command, task) =>
    workflow.plan(surroundings, task, command.optsWithGlobals()),
  ).option('--project <project>', 'whose failures are taken into account', 'default');
  add('retry <run> <node>', 'have a node asked once more that waits for a person', (command, run, node) =>
    workflow.rule(surroundings, 'retry', { run, node }, command.optsWithGlobals()),
  ).option('--reason <text>', 'recorded with the ruling');
  add('fail <run> <node>', 'give up a node that waits for a person', (command, run, node) =>
    workflow.rule(surroundings, 'fail', { run, node }, command.optsWithGlobals()),
  ).option('--reason <text>', 'recorded with the ruling');
}
