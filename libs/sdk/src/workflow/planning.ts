/** A planner at work for an agent: it plans over the tenant's own catalog and past failures, and what it plans is linted. */
import { WritError } from '@writ/contracts';
import type { FailureSummary, WorkflowSpec } from '@writ/contracts';
import { ruleBasedPlanner } from '@writ/workflow';
import type { ToolCatalog, WorkflowPlanner } from '@writ/workflow';
import type { GovernedToolExecutor } from '../governed-tool-executor.ts';

export interface PlanOptions {
  readonly project?: string;
}

export class Planning {
  readonly #executor: GovernedToolExecutor;
  readonly #planner: WorkflowPlanner;

  constructor(executor: GovernedToolExecutor, planner: WorkflowPlanner = ruleBasedPlanner) {
    this.#executor = executor;
    this.#planner = planner;
  }

  /** Tools and node types as they stand; `catalogText` makes a system prompt of them. */
  catalog(): Promise<ToolCatalog> {
    return this.#executor.workflows.tools();
  }

  /** What failed in a run or a project, how often, and what worked in the end. */
  failures(of: { readonly run: string } | { readonly project: string }): Promise<FailureSummary[]> {
    return this.#executor.workflows.failures(of);
  }

  /** @throws WritError `invalid-workflow` when what was planned cannot be met under the policies in force. */
  async plan(
    task: string,
    { project = this.#executor.settings.project ?? 'default' }: PlanOptions = {},
  ): Promise<WorkflowSpec> {
    const [catalog, failures] = await Promise.all([this.catalog(), this.failures({ project })]);
    const workflow = await this.#planner.plan({ task, catalog, failures, project });
    const problems = await this.#executor.workflows.lint(workflow);
    if (problems.length === 0) return workflow;
    const told = problems.map(({ node, message }) =>
      node === undefined ? message : `node "${node}": ${message}`,
    );
    throw new WritError('invalid-workflow', `the plan cannot be met: ${told.join('; ')}`, {
      details: { problems, workflow },
    });
  }
}
