/** `writ.<tenant>.api.audit.*`: what became of invocations, searches, exports and the hash chain page by page. */
import { Controller, Inject } from '@nestjs/common';
import { Ctx, NatsContext, Payload } from '@nestjs/microservices';
import { statusRequest } from '@writ/contracts';
import type { StatusReply } from '@writ/contracts';
import {
  chainRequest,
  exportRequest,
  lineageRequest,
  rowsRequest,
  searchRequest,
  showRequest,
} from '@writ/provenance';
import type {
  ChainPage,
  EventsPage,
  ExportPage,
  LineagePage,
  RowsPage,
  SearchPage,
  ShowReply,
} from '@writ/provenance';
import { answered, ApiCall, callingTenant, Health, requestBody, TELEMETRY } from '@writ/service';
import { Metric } from '@writ/telemetry';
import type { Telemetry } from '@writ/telemetry';
import { AuditTransport } from './audit-transport.ts';
import { EventExport } from './event-export.ts';
import { RecordExport } from './export.ts';
import { LineageSearch } from './lineage.ts';
import { InvocationSearch } from './search.ts';
import { InvocationStatus } from './status.ts';
import { StoredChain } from './stored-chain.ts';
import { StoredRows } from './stored-rows.ts';

@Controller()
export class AuditApi {
  readonly #status: InvocationStatus;
  readonly #export: RecordExport;
  readonly #events: EventExport;
  readonly #search: InvocationSearch;
  readonly #chain: StoredChain;
  readonly #rows: StoredRows;
  readonly #lineage: LineageSearch;

  constructor(
    @Inject(InvocationStatus) status: InvocationStatus,
    @Inject(RecordExport) exported: RecordExport,
    @Inject(EventExport) events: EventExport,
    @Inject(InvocationSearch) search: InvocationSearch,
    @Inject(StoredChain) chain: StoredChain,
    @Inject(StoredRows) rows: StoredRows,
    @Inject(LineageSearch) lineage: LineageSearch,
    @Inject(AuditTransport) { projection }: AuditTransport,
    @Inject(TELEMETRY) { meter }: Telemetry,
    @Inject(Health) health: Health,
  ) {
    this.#status = status;
    this.#export = exported;
    this.#events = events;
    this.#search = search;
    this.#chain = chain;
    this.#rows = rows;
    this.#lineage = lineage;
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

  @ApiCall('audit', 'events')
  events(@Ctx() context: NatsContext, @Payload() body: unknown): Promise<EventsPage> {
    return answered(this.#events.page(callingTenant(context), requestBody(exportRequest, body)));
  }

  @ApiCall('audit', 'search')
  search(@Ctx() context: NatsContext, @Payload() body: unknown): Promise<SearchPage> {
    return answered(this.#search.search(callingTenant(context), requestBody(searchRequest, body)));
  }

  @ApiCall('audit', 'show')
  show(@Ctx() context: NatsContext, @Payload() body: unknown): Promise<ShowReply> {
    const { invocation } = requestBody(showRequest, body);
    return answered(this.#search.show(callingTenant(context), invocation));
  }

  @ApiCall('audit', 'rows')
  rows(@Ctx() context: NatsContext, @Payload() body: unknown): Promise<RowsPage> {
    return answered(this.#rows.page(callingTenant(context), requestBody(rowsRequest, body)));
  }

  @ApiCall('audit', 'lineage')
  lineage(@Ctx() context: NatsContext, @Payload() body: unknown): Promise<LineagePage> {
    return answered(this.#lineage.page(callingTenant(context), requestBody(lineageRequest, body)));
  }

  @ApiCall('audit', 'chain')
  chain(@Ctx() context: NatsContext, @Payload() body: unknown): Promise<ChainPage> {
    const { after } = requestBody(chainRequest, body);
    return answered(this.#chain.page(callingTenant(context), after));
  }
}
