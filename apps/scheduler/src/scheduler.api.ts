/** `writ.<tenant>.api.scheduler.*`: queue, breakers, and the tool specs that executors run by. */
import { Controller, Inject } from '@nestjs/common';
import { Ctx, NatsContext, Payload } from '@nestjs/microservices';
import { CELL, runningRequest, toolRequest } from '@writ/contracts';
import type { ToolSpec } from '@writ/contracts';
import { breakers, queueDepth, runningCalls, toolByDigest } from '@writ/scheduler';
import type { BreakerReport, RunningCall, SchedulerState } from '@writ/scheduler';
import { ApiCall, callingTenant, DeciderTransport, requestBody, TELEMETRY } from '@writ/service';
import { Metric } from '@writ/telemetry';
import type { Telemetry } from '@writ/telemetry';

@Controller()
export class SchedulerApi {
  readonly #transport: DeciderTransport<SchedulerState>;

  constructor(
    @Inject(DeciderTransport) transport: DeciderTransport<SchedulerState>,
    @Inject(TELEMETRY) telemetry: Telemetry,
  ) {
    this.#transport = transport;
    telemetry.meter.createObservableGauge(Metric.queueDepth).addCallback((result) => {
      result.observe(queueDepth(transport.host.state));
    });
  }

  /** Executors ask for the spec behind a grant once and keep it, because a digest never changes its meaning. */
  @ApiCall('scheduler', 'tool', CELL)
  tool(@Payload() body: unknown): { readonly tool?: ToolSpec } {
    const { tenant, digest } = requestBody(toolRequest, body);
    const tool = toolByDigest(this.#transport.host.state, tenant, digest);
    return tool ? { tool } : {};
  }

  @ApiCall('scheduler', 'status')
  status(@Ctx() context: NatsContext): {
    readonly seen: number;
    readonly queued: number;
    readonly breakers: readonly BreakerReport[];
  } {
    const { host } = this.#transport;
    const tenant = callingTenant(context);
    return { seen: host.seen, queued: queueDepth(host.state), breakers: breakers(host.state, tenant) };
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
}
