/**
 * An agent's line to the gate: what it sends goes out with its tool calls, what the gate answers comes with its notices,
 * and whatever a lost notice would have said can be asked for.
 */
import { EVENT_SCHEMAS, WritError, subjects } from '@writ/contracts';
import type {
  AgentId,
  EventData,
  FailureSummary,
  RunId,
  TenantId,
  WorkflowProblem,
  WorkflowSpec,
} from '@writ/contracts';
import type { RunView, ToolCatalog } from '@writ/workflow';
import { uuidv7 } from 'uuidv7';
import { z } from 'zod';
import type { RequestPublisher } from '../publisher.ts';
import type { NoticedFact } from '../read-outcome.ts';
import { agentEvent } from '../request-event.ts';
import type { Transport } from '../transport.ts';

type SentType = 'run.requested' | 'node.submitted' | 'run.cancel-requested';

/** What a listener hears: a fact about its run, or why something it sent will never be answered. */
export interface RunListener {
  readonly fact: (fact: NoticedFact) => void;
  readonly failed: (error: WritError) => void;
}

export class WorkflowChannel {
  readonly #transport: Transport;
  readonly #tenant: TenantId;
  readonly #agent: AgentId;
  readonly #publisher: RequestPublisher;
  readonly #listeners = new Map<string, RunListener>();
  /** The run that a sent event belongs to, so that a rejection of the message finds it. */
  readonly #sent = new Map<string, RunId>();

  constructor(transport: Transport, tenant: TenantId, agent: AgentId, publisher: RequestPublisher) {
    this.#transport = transport;
    this.#tenant = tenant;
    this.#agent = agent;
    this.#publisher = publisher;
  }

  /** @throws WritError `invalid-run` when somebody follows this run here already. */
  listen(run: RunId, listener: RunListener): () => void {
    if (this.#listeners.has(run))
      throw new WritError('invalid-run', `run "${run}" is under way here already`);
    this.#listeners.set(run, listener);
    return () => {
      this.#listeners.delete(run);
      for (const [event, of] of this.#sent) if (of === run) this.#sent.delete(event);
    };
  }

  /** A notice of any kind. */
  hear(fact: NoticedFact): void {
    if (this.#listeners.size === 0) return;
    const { run, event, detail } = fact.data as { run?: string; event?: string; detail?: string };
    if (run !== undefined) this.#listeners.get(run)?.fact(fact);
    const rejected =
      fact.type === 'request.rejected' && event !== undefined ? this.#sent.get(event) : undefined;
    if (rejected !== undefined)
      this.#listeners
        .get(rejected)
        ?.failed(new WritError('invalid-run', `the gate could not read it: ${detail}`));
  }

  /** @throws WritError `invalid-run` naming what is wrong with it. */
  send<T extends SentType>(type: T, data: z.input<(typeof EVENT_SCHEMAS)[T]>): void {
    const checked = EVENT_SCHEMAS[type].safeParse(data);
    if (!checked.success)
      throw new WritError('invalid-run', `${type} cannot be sent: ${z.prettifyError(checked.error)}`);
    const { run } = checked.data as EventData<SentType>;
    const event = agentEvent(this.#agent, uuidv7(), type, checked.data);
    this.#sent.set(event.id, run);
    this.#publisher.send({ event, failed: (error) => this.#listeners.get(run)?.failed(error) });
  }

  /** Where a run stands; undefined when the gate knows none of this name. */
  async view(run: RunId): Promise<RunView | undefined> {
    const reply = await this.#query('run', { run });
    return (reply as { run?: RunView }).run;
  }

  /** What the tenant's tools and node types are, for planners and models. */
  async tools(): Promise<ToolCatalog> {
    return (await this.#query('tools', {})) as ToolCatalog;
  }

  async failures(of: { readonly run: string } | { readonly project: string }): Promise<FailureSummary[]> {
    return ((await this.#query('failures', of)) as { failures: FailureSummary[] }).failures;
  }

  /** What keeps a workflow from being run under the policies in force. */
  async lint(workflow: WorkflowSpec): Promise<WorkflowProblem[]> {
    return ((await this.#query('lint', { workflow })) as { problems: WorkflowProblem[] }).problems;
  }

  /** Whoever follows a run will hear no more. */
  close(error: WritError): void {
    for (const { failed } of this.#listeners.values()) failed(error);
  }

  #query(call: string, body: unknown): Promise<unknown> {
    return this.#transport.query(subjects.api(this.#tenant, 'policy', call), body);
  }
}
