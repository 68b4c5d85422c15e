/**
 * How an agent runs tools: every call is asked for on the ledger, decided, paid, placed and recorded by the suite, and
 * comes back as one typed outcome. A governed outcome never throws; only what is no governed call at all does.
 */
import { WritError, isToken, subjects } from '@writ/contracts';
import type { InvocationId, PayloadRef } from '@writ/contracts';
import { uuidv7 } from 'uuidv7';
import { Aborts } from './aborts.ts';
import { underSpan } from './call-trace.ts';
import type { CallOptions, MapInputs, MapOptions, RunOptions } from './call-options.ts';
import { Enquiry } from './enquiry.ts';
import { exportToFile } from './exports/export-provenance.ts';
import type { ExportOptions, Exported } from './exports/export-provenance.ts';
import { requirePolicies, requireScheduler } from './in-force.ts';
import { mapCalls } from './map-calls.ts';
import { natsTransport } from './nats-transport.ts';
import type { CallOutcome } from './outcome.ts';
import { OutstandingCalls } from './outstanding.ts';
import { loadPayload, moveLargeInputs } from './payloads.ts';
import { RequestPublisher } from './publisher.ts';
import type { Outgoing } from './publisher.ts';
import type { NoticedFact } from './read-outcome.ts';
import { cancelEvent, requestEvent } from './request-event.ts';
import type { ToolInputs } from './request-event.ts';
import { agentSettings } from './settings.ts';
import type { AgentOptions, AgentSettings } from './settings.ts';
import type { Transport } from './transport.ts';
import { WorkflowChannel } from './workflow/channel.ts';

export interface ConnectOptions extends AgentOptions {
  /** Names of policies that must be in force; connecting fails when one is not. */
  readonly policies?: readonly string[] | undefined;
  /** The order that the agent counts on. */
  readonly scheduler?: 'fair-share' | 'priority' | undefined;
  /** Every call of this executor is recorded under this name, and `exportProvenance` reports it. */
  readonly auditLog?: string | undefined;
  /** Project of calls that name none. */
  readonly project?: string | undefined;
  /** The user that the agent acts for, of calls that name none. */
  readonly onBehalfOf?: string | undefined;
  /** Every fact that the suite tells this agent: verdicts, opened approvals, ends. Must be quick. */
  readonly onNotice?: ((fact: NoticedFact) => void) | undefined;
}

/** As whom and how an executor works. */
export interface ExecutorSettings
  extends
    Pick<AgentSettings, 'tenant' | 'agent'>,
    Pick<ConnectOptions, 'scheduler' | 'auditLog' | 'project' | 'onBehalfOf'> {}

export class GovernedToolExecutor {
  readonly settings: ExecutorSettings;
  /** Runs of workflows: their gate, what planners need. */
  readonly workflows: WorkflowChannel;
  readonly #transport: Transport;
  readonly #calls: OutstandingCalls;
  readonly #publisher: RequestPublisher;
  readonly #enquiry: Enquiry;
  readonly #aborts = new Aborts();
  #closed = false;

  private constructor(transport: Transport, settings: ExecutorSettings, options: ConnectOptions) {
    this.settings = settings;
    this.#transport = transport;
    const subject = subjects.requests(settings.tenant, settings.agent);
    this.#publisher = new RequestPublisher((request) => transport.append(request), subject);
    this.workflows = new WorkflowChannel(transport, settings.tenant, settings.agent, this.#publisher);
    this.#calls = new OutstandingCalls((fact) => {
      this.workflows.hear(fact);
      options.onNotice?.(fact);
    });
    this.#enquiry = new Enquiry(transport, settings.tenant, this.#calls);
    transport.watch({
      refused: (refused, error) => void (refused === subject && this.#publisher.refuse(error)),
      reconnected: () => void this.#enquiry.now(),
    });
  }

  /**
   * Connects as an agent: options first, then WRIT_NATS_URL, WRIT_NATS_USER, WRIT_NATS_PASSWORD, WRIT_TENANT and
   * WRIT_AGENT, then `.writ/connection.json`.
   * @throws WritError `no-connection`, `invalid-connection`, `connection-failed`, `not-permitted`,
   * `policy-not-in-force`, `scheduler-unknown`.
   */
  static async connect(options: ConnectOptions = {}): Promise<GovernedToolExecutor> {
    const settings = agentSettings(options);
    const transport = await natsTransport(settings, `agent ${settings.tenant}/${settings.agent}`);
    return GovernedToolExecutor.over(transport, settings, options);
  }

  /** The same over any transport; closes it when the agent cannot work with it. */
  static async over(
    transport: Transport,
    { tenant, agent }: Pick<AgentSettings, 'tenant' | 'agent'>,
    options: ConnectOptions = {},
  ): Promise<GovernedToolExecutor> {
    const { scheduler, auditLog, project, onBehalfOf } = options;
    requireName('auditLog', auditLog);
    requireName('project', project);
    const executor = new GovernedToolExecutor(
      transport,
      { tenant, agent, scheduler, auditLog, project, onBehalfOf },
      options,
    );
    try {
      const notices = subjects.notices(tenant, agent);
      await transport.subscribe(notices, (data) => executor.#calls.receive(data));
      if (options.policies?.length) await requirePolicies(transport, tenant, options.policies);
      if (scheduler !== undefined) await requireScheduler(transport, tenant, scheduler);
      return executor;
    } catch (error) {
      await executor.close();
      throw error;
    }
  }

  /**
   * One call.
   * @throws WritError `invalid-call`, `payload-too-large`, `not-permitted`, `stream-full`, `closed`; never for a
   * governed outcome.
   */
  async run(options: RunOptions): Promise<CallOutcome> {
    const { invocation, tool, inputs, mayBeKnown, ...terms } = options;
    if (invocation !== undefined && !isToken(invocation)) {
      throw new WritError(
        'invalid-call',
        `invocation "${invocation}" must be 1 to 64 letters, digits, "_" or "-"`,
      );
    }
    const id = (invocation ?? uuidv7()) as InvocationId;
    // An id of the caller's own may be sent twice; its event is another one each time.
    const event = invocation === undefined ? id : uuidv7();
    const call = inputs === undefined ? { tool } : { tool, inputs };
    const asked = this.#askTraced(event, [id], [call], terms);
    if (mayBeKnown) void this.#enquiry.now();
    const [outcome] = await asked;
    return outcome as CallOutcome;
  }

  /** The calls of one LLM generation, decided as one step; outcomes in model order. Throws as `run` does. */
  async runStep(calls: readonly ToolInputs[], options: CallOptions = {}): Promise<CallOutcome[]> {
    const ids = calls.map(() => uuidv7() as InvocationId);
    return this.#askTraced(ids[0] ?? uuidv7(), ids, calls, options);
  }

  /** The value of an output that was too large for the outcome (`outputRef`). */
  readOutput(ref: PayloadRef): Promise<unknown> {
    return loadPayload(this.#transport, this.settings.tenant, ref);
  }

  /** One tool over many inputs; outcomes in their order. Throws as `run` does. */
  map(inputs: MapInputs, options: MapOptions): Promise<CallOutcome[]> {
    return mapCalls((call) => this.run(call), inputs, options);
  }

  /**
   * Writes what is recorded of this executor's audit log (or of what `options` name) into a file: the report, or another
   * `format`. Of any length in constant memory.
   */
  exportProvenance(path: string, options: ExportOptions = {}): Promise<Exported> {
    const { campaign, log, invocation, since, until } = options;
    const named = [campaign, log, invocation, since, until].some((value) => value !== undefined);
    const scope = named ? {} : { log: this.settings.auditLog };
    return exportToFile(path, this.#transport, this.settings.tenant, { ...options, ...scope });
  }

  /** Ends the connection. Calls without an outcome are carried on by the suite; here they fail with `closed`. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#enquiry.close();
    this.#publisher.close();
    this.#calls.failAll(closedError());
    this.workflows.close(closedError());
    await this.#transport.close();
  }

  #askTraced(
    eventId: string,
    step: readonly InvocationId[],
    calls: readonly ToolInputs[],
    options: CallOptions,
  ): Promise<CallOutcome[]> {
    if (options.traceparent !== undefined) return this.#askMoving(eventId, step, calls, options);
    const { tenant, agent } = this.settings;
    return underSpan({ tenant, agent, step, calls }, (traceparent) =>
      this.#askMoving(eventId, step, calls, { ...options, traceparent }),
    );
  }

  /** What does not fit is stored first; what does fit is not even measured for it. */
  async #askMoving(
    eventId: string,
    step: readonly InvocationId[],
    calls: readonly ToolInputs[],
    options: CallOptions,
  ): Promise<CallOutcome[]> {
    let outcomes: readonly Promise<CallOutcome>[] | undefined;
    try {
      outcomes = this.#ask(eventId, step, calls, options);
    } catch (error) {
      if (!(error instanceof WritError) || error.code !== 'payload-too-large') throw error;
    }
    if (outcomes) return Promise.all(outcomes);
    const moved = await moveLargeInputs(this.#transport, this.settings.tenant, calls);
    return Promise.all(this.#ask(eventId, step, moved, options));
  }

  #ask(
    eventId: string,
    step: readonly InvocationId[],
    calls: readonly ToolInputs[],
    { signal, onNote: note, ...terms }: CallOptions,
  ): Promise<CallOutcome>[] {
    if (this.#closed) throw closedError();
    const busy = step.find((invocation) => this.#calls.has(invocation));
    if (busy !== undefined) throw new WritError('invalid-call', `invocation ${busy} is under way already`);
    const { agent, auditLog: log, project, onBehalfOf } = this.settings;
    const event = requestEvent(agent, eventId, step, calls, {
      ...terms,
      project: terms.project ?? project,
      onBehalfOf: terms.onBehalfOf ?? onBehalfOf,
      log,
    });
    if (signal?.aborted) return step.map((invocation) => Promise.resolve(neverSent(invocation)));
    const outgoing: Outgoing = {
      event,
      failed: (error) => step.forEach((id) => this.#calls.fail(id, error)),
    };
    const issuedAt = performance.now();
    const outcomes = step.map(
      (invocation) =>
        new Promise<CallOutcome>((resolve, reject) => {
          this.#calls.add({ invocation, event: eventId, step, issuedAt, note, resolve, reject });
        }),
    );
    this.#publisher.send(outgoing);
    this.#enquiry.arm();
    if (signal) this.#followSignal(signal, outgoing, step, outcomes);
    return outcomes;
  }

  #followSignal(
    signal: AbortSignal,
    outgoing: Outgoing,
    step: readonly InvocationId[],
    outcomes: readonly Promise<CallOutcome>[],
  ): void {
    const forget = this.#aborts.on(signal, () => {
      const unsent = this.#publisher.withdraw(outgoing);
      for (const invocation of step) {
        if (unsent) this.#calls.end(invocation, neverSent(invocation));
        else if (this.#calls.has(invocation)) this.#cancel(invocation, signal);
      }
    });
    void Promise.allSettled(outcomes).then(forget);
  }

  /** A cancellation that cannot be sent changes nothing: the call goes on and its outcome still arrives. */
  #cancel(invocation: InvocationId, signal: AbortSignal): void {
    const reason = signal.reason instanceof Error ? signal.reason.message : 'aborted by the agent';
    this.#publisher.send({
      event: cancelEvent(this.settings.agent, invocation, reason),
      failed: () => undefined,
    });
  }
}

function neverSent(invocation: InvocationId): CallOutcome {
  return { status: 'cancelled', invocation, totalMs: 0, reason: 'cancelled before it was sent' };
}

function closedError(): WritError {
  return new WritError('closed', 'this executor is closed; what it had asked for is carried on without it');
}

function requireName(option: string, name: string | undefined): void {
  if (name === undefined || isToken(name)) return;
  throw new WritError(
    'invalid-connection',
    `${option} "${name}" must be 1 to 64 letters, digits, "_" or "-"`,
  );
}
