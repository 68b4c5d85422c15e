/** `writ.<tenant>.api.scheduler.*`: queue, breakers, and the tool specs that executors run by. */
import { Controller, Inject } from '@nestjs/common';
import { Ctx, NatsContext, Payload, RpcException } from '@nestjs/microservices';
import {
  CELL,
  admissionRequest,
  indeterminateRequest,
  queueRequest,
  runningRequest,
  toolRequest,
  whyRequest,
} from '@writ/contracts';
import type { ToolSpec } from '@writ/contracts';
import {
  SCHEDULERS,
  breakers,
  forecast,
  indeterminateCalls,
  queue,
  queueDepth,
  runningCalls,
  toolByDigest,
  why,
} from '@writ/scheduler';
import type {
  BreakerReport,
  Forecast,
  IndeterminatePage,
  QueuedCall,
  RunningCall,
  SchedulerState,
} from '@writ/scheduler';
import { ApiCall, callingTenant, DeciderTransport, requestBody, TELEMETRY } from '@writ/service';
import type { Telemetry } from '@writ/telemetry';
import { Dispatcher } from './dispatcher.ts';
import { observeState } from './state-metrics.ts';

@Controller()
export class SchedulerApi {
  readonly #transport: DeciderTransport<SchedulerState>;
  readonly #dispatcher: Dispatcher;

  constructor(
    @Inject(DeciderTransport) transport: DeciderTransport<SchedulerState>,
    @Inject(Dispatcher) dispatcher: Dispatcher,
    @Inject(TELEMETRY) telemetry: Telemetry,
  ) {
    this.#transport = transport;
    this.#dispatcher = dispatcher;
    observeState(telemetry.meter, () => transport.host.state);
  }

  /** Executors ask for the spec behind a grant once and keep it, because a digest never changes its meaning. */
  @ApiCall('scheduler', 'tool', CELL)
  tool(@Payload() body: unknown): { readonly tool?: ToolSpec } {
    const { tenant, digest } = requestBody(toolRequest, body);
    const { host } = this.#transport;
    const tool = toolByDigest(host.state, tenant, digest);
    if (tool) return { tool };
    // The leader has granted by it; whoever is behind may not have folded it yet, and a call would fail for that.
    if (host.role === 'leading') return {};
    throw new RpcException({ code: 'not-leading', message: 'only the leader knows which tools there are' });
  }

  @ApiCall('scheduler', 'status')
  status(@Ctx() context: NatsContext): {
    readonly seen: number;
    readonly queued: number;
    readonly schedulers: readonly string[];
    readonly breakers: readonly BreakerReport[];
  } {
    const { host } = this.#transport;
    const tenant = callingTenant(context);
    const queued = queueDepth(host.state);
    return { seen: host.seen, queued, schedulers: SCHEDULERS, breakers: breakers(host.state, tenant) };
  }

  /** The tenant's calls that do not run yet, and what holds each. */
  @ApiCall('scheduler', 'queue')
  queue(@Payload() body: unknown, @Ctx() context: NatsContext): { readonly calls: readonly QueuedCall[] } {
    const { most } = requestBody(queueRequest, body);
    const state = this.#whole();
    return { calls: queue(state, callingTenant(context), this.#dispatcher.slots, Date.now(), most) };
  }

  /** What holds one call; without a call when it has ended or is not known. */
  @ApiCall('scheduler', 'why')
  why(@Payload() body: unknown, @Ctx() context: NatsContext): { readonly call?: QueuedCall } {
    const { invocation } = requestBody(whyRequest, body);
    const state = this.#whole();
    const call = why(state, callingTenant(context), invocation, this.#dispatcher.slots, Date.now());
    return call ? { call } : {};
  }

  /** Whether a call that is asked for now should meet its deadline. */
  @ApiCall('scheduler', 'admission')
  admission(@Payload() body: unknown, @Ctx() context: NatsContext): { readonly forecast?: Forecast } {
    const { deadline, ...wish } = requestBody(admissionRequest, body);
    const state = this.#whole();
    const deadlineMs = deadline === undefined ? undefined : Date.parse(deadline);
    const tenant = callingTenant(context);
    const found = forecast(state, tenant, { ...wish, deadlineMs }, this.#dispatcher.slots, Date.now());
    return found ? { forecast: found } : {};
  }

  /** The calls whose end nobody saw, and who has to say what became of each: one page. */
  @ApiCall('scheduler', 'indeterminate')
  indeterminate(@Payload() body: unknown, @Ctx() context: NatsContext): IndeterminatePage {
    const { most, after } = requestBody(indeterminateRequest, body);
    return indeterminateCalls(this.#whole(), callingTenant(context), most, after);
  }

  /** The calls behind a scope that executors have now: what a pause has not stopped yet. */
  @ApiCall('scheduler', 'running')
  running(
    @Payload() body: unknown,
    @Ctx() context: NatsContext,
  ): { readonly seen: number; readonly leading: boolean; readonly running: readonly RunningCall[] } {
    const { scope } = requestBody(runningRequest, body);
    const { host } = this.#transport;
    // Only the leader grants; a standby may not have folded yet what it has read.
    const leading = host.role === 'leading';
    return { seen: host.seen, leading, running: runningCalls(host.state, callingTenant(context), scope) };
  }

  /** The state, once nothing is missing in it: a list without the calls that were not read yet would be believed. */
  #whole(): SchedulerState {
    const { host } = this.#transport;
    if (host.complete) return host.state;
    const message = 'the scheduler has just started and reads the ledger; ask again in a moment';
    throw new RpcException({ code: 'starting', message });
  }
}
