/** `writ.<tenant>.api.policy.*` of workflows: runs, what failed in them, and what planners need to know. */
import { Controller, Inject } from '@nestjs/common';
import { Ctx, NatsContext, Payload } from '@nestjs/microservices';
import { decodeCommit, runId, subjects, token, workflowSpec } from '@writ/contracts';
import type { FailureSummary, RunId, TenantId, WorkflowProblem } from '@writ/contracts';
import type { GatedState } from '@writ/decisions';
import type { Ledger } from '@writ/ledger';
import { standingDenials, toolInputs } from '@writ/policy';
import { ApiCall, DeciderTransport, LEDGER, answered, callingTenant, requestBody } from '@writ/service';
import { endedRunView, failuresOf, lint, openRunView, openRuns, toolCatalog } from '@writ/workflow';
import type { Release, RunLine, RunView, ToolCatalog } from '@writ/workflow';
import { z } from 'zod';

const runQuery = z.object({ run: runId });
const failuresQuery = z.union([z.object({ run: runId }), z.object({ project: token })]);
const lintQuery = z.object({ workflow: workflowSpec });

@Controller()
export class WorkflowApi {
  readonly #transport: DeciderTransport<GatedState>;
  readonly #ledger: Ledger;

  constructor(
    @Inject(DeciderTransport) transport: DeciderTransport<GatedState>,
    @Inject(LEDGER) ledger: Ledger,
  ) {
    this.#transport = transport;
    this.#ledger = ledger;
  }

  @ApiCall('policy', 'run')
  run(@Ctx() context: NatsContext, @Payload() body: unknown): Promise<{ readonly run?: RunView }> {
    const { run } = requestBody(runQuery, body);
    return answered(this.#view(callingTenant(context), run));
  }

  @ApiCall('policy', 'runs')
  runs(@Ctx() context: NatsContext): { readonly runs: readonly RunLine[] } {
    return { runs: openRuns(this.#state.gate, callingTenant(context)) };
  }

  @ApiCall('policy', 'failures')
  failures(
    @Ctx() context: NatsContext,
    @Payload() body: unknown,
  ): Promise<{ readonly failures: readonly FailureSummary[] }> {
    return answered(this.#failures(callingTenant(context), requestBody(failuresQuery, body)));
  }

  @ApiCall('policy', 'tools')
  tools(@Ctx() context: NatsContext): ToolCatalog {
    const tenant = callingTenant(context);
    const { gate, policy } = this.#state;
    return toolCatalog(gate, tenant, standingDenials(policy, tenant), toolInputs(policy, tenant));
  }

  @ApiCall('policy', 'lint')
  lint(
    @Ctx() context: NatsContext,
    @Payload() body: unknown,
  ): { readonly problems: readonly WorkflowProblem[] } {
    const tenant = callingTenant(context);
    const { tools, types } = this.#state.gate.tenants.get(tenant) ?? { tools: new Map(), types: new Map() };
    const { workflow } = requestBody(lintQuery, body);
    const denied = standingDenials(this.#state.policy, tenant);
    return { problems: lint(workflow, { tools, types, denied }).problems };
  }

  get #state(): GatedState {
    return this.#transport.host.state;
  }

  /** An open run is in the state, an ended one on its flows subject. */
  async #view(tenant: TenantId, run: RunId): Promise<{ readonly run?: RunView }> {
    const open = openRunView(this.#state.gate, tenant, run);
    const view = open ?? endedRunView(run, await this.#flows(tenant, run));
    return view ? { run: view } : {};
  }

  async #failures(
    tenant: TenantId,
    of: z.infer<typeof failuresQuery>,
  ): Promise<{ readonly failures: readonly FailureSummary[] }> {
    if ('project' in of) return { failures: failuresOf(this.#state.gate, tenant, of) };
    const { run } = await this.#view(tenant, of.run);
    return { failures: run?.failures ?? [] };
  }

  async #flows(tenant: TenantId, run: RunId): Promise<Release['fact'][]> {
    const flows: Release['fact'][] = [];
    for await (const commit of this.#ledger.read({ subject: subjects.flows(tenant, run) })) {
      for (const fact of decodeCommit(commit)) {
        if (fact.type === 'flow.released' || fact.type === 'flow.ended') flows.push(fact);
      }
    }
    return flows;
  }
}
