/** `writ.<tenant>.api.audit.*`: what became of invocations, and exports page by page. */
import { Controller, Inject } from '@nestjs/common';
import { Ctx, NatsContext, Payload } from '@nestjs/microservices';
import { statusRequest } from '@writ/contracts';
import type { StatusReply } from '@writ/contracts';
import { exportRequest } from '@writ/provenance';
import type { ExportPage } from '@writ/provenance';
import { answered, ApiCall, callingTenant, Health, requestBody, TELEMETRY } from '@writ/service';
import { Metric } from '@writ/telemetry';
import type { Telemetry } from '@writ/telemetry';
import { AuditTransport } from './audit-transport.ts';
import { RecordExport } from './export.ts';
import { InvocationStatus } from './status.ts';

@Controller()
export class AuditApi {
  readonly #status: InvocationStatus;
  readonly #export: RecordExport;

  constructor(
    @Inject(InvocationStatus) status: InvocationStatus,
    @Inject(RecordExport) exported: RecordExport,
    @Inject(AuditTransport) { projection }: AuditTransport,
    @Inject(TELEMETRY) { meter }: Telemetry,
    @Inject(Health) health: Health,
  ) {
    this.#status = status;
    this.#export = exported;
    health.add('projection', () => projection.health().reason);
    meter
      .createObservableGauge(Metric.projectionSequence)
      .addCallback((result) => result.observe(projection.health().stored));
    meter
      .createObservableGauge(Metric.projectionLag)
      .addCallback(async (result) => result.observe(await projection.lag()));
  }

  @ApiCall('audit', 'status')
  status(@Ctx() context: NatsContext, @Payload() body: unknown): Promise<StatusReply> {
    const { invocations } = requestBody(statusRequest, body);
    return answered(this.#status.status(callingTenant(context), invocations));
  }

  @ApiCall('audit', 'export')
  export(@Ctx() context: NatsContext, @Payload() body: unknown): Promise<ExportPage> {
    return answered(this.#export.page(callingTenant(context), requestBody(exportRequest, body)));
  }
}
