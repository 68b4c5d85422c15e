/** Exports: what is recorded of a campaign, a log, a call, a span of time or a whole tenant, in the format that is wanted. */
import { WritError } from '@writ/contracts';
import type { TenantId } from '@writ/contracts';
import type { ExportPage, ReportScope } from '@writ/provenance';
import type { Transport } from '../transport.ts';
import { callsOf, csvFormat, openLineageFormat, provFormat } from './formats.ts';
import type { RecordFormat } from './formats.ts';
import { Output, writeWhole } from './output.ts';
import { eventPages, filterOf, recordPages } from './pages.ts';
import type { ExportScope } from './pages.ts';
import { writeReport } from './report-file.ts';
import type { ReportSummary } from './report-file.ts';

export const ExportFormat = {
  /** `campaign-report.json` (`writ.campaign-report/1`). */
  report: 'report',
  /** W3C PROV-JSON, each call a bundle. */
  prov: 'prov',
  /** OpenLineage 2-0-2 run events, one a line. */
  openlineage: 'openlineage',
  /** The events of the ledger in their own envelopes, CloudEvents 1.0, one a line. */
  cloudevents: 'cloudevents',
  /** A line a call, RFC 4180. */
  csv: 'csv',
} as const;
export type ExportFormat = (typeof ExportFormat)[keyof typeof ExportFormat];

/** How far an export is; sequences are of the ledger. */
export interface ExportProgress {
  readonly calls: number;
  readonly events: number;
  /** Where the first thing of the export stands, how far it has come, and where it ends. */
  readonly from: number;
  readonly at: number;
  readonly asOf: number;
}

export interface ExportOptions extends ExportScope {
  /** `report` by default. */
  readonly format?: ExportFormat | undefined;
  /** Called after every page. Must be quick. */
  readonly onProgress?: ((progress: ExportProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What was written. */
export interface Exported {
  readonly format: ExportFormat;
  readonly calls: number;
  /** Of the formats that write events. */
  readonly events: number;
  readonly bytes: number;
  /** The ledger sequence up to which the export is complete. */
  readonly asOf: number;
  /** Of a report. */
  readonly summary?: ReportSummary;
}

/** Into a file, which appears under its name when it is whole. */
export function exportToFile(
  path: string,
  transport: Transport,
  tenant: TenantId,
  options: ExportOptions,
): Promise<Exported> {
  return writeWhole(path, (output) => new Export(transport, tenant, options).write(output));
}

/** Piece by piece; `write` is awaited before the next piece is made. */
export function exportTo(
  write: (text: string) => Promise<void>,
  transport: Transport,
  tenant: TenantId,
  options: ExportOptions,
): Promise<Exported> {
  return new Export(transport, tenant, options).write(new Output(write));
}

class Export {
  readonly #transport: Transport;
  readonly #tenant: TenantId;
  readonly #options: ExportOptions;
  #calls = 0;
  #events = 0;
  #from: number | undefined;
  #asOf: number | undefined;

  constructor(transport: Transport, tenant: TenantId, options: ExportOptions) {
    this.#transport = transport;
    this.#tenant = tenant;
    this.#options = options;
  }

  async write(output: Output): Promise<Exported> {
    const { format = ExportFormat.report } = this.#options;
    const summary = await this.#body(format, output);
    await output.flush();
    const counted = { calls: this.#calls, events: this.#events, bytes: output.bytes, asOf: this.#asOf ?? 0 };
    return { format, ...counted, ...(summary ? { summary } : {}) };
  }

  async #body(format: ExportFormat, output: Output): Promise<ReportSummary | undefined> {
    switch (format) {
      case ExportFormat.report:
        return writeReport(output, this.#records(), (asOf) => this.#scope(asOf));
      case ExportFormat.cloudevents:
        await this.#ledgerEvents(output);
        return undefined;
      case ExportFormat.csv:
        await this.#inOnePass(csvFormat(), output);
        return undefined;
      case ExportFormat.openlineage:
        await this.#inOnePass(openLineageFormat(), output);
        return undefined;
      case ExportFormat.prov:
        await this.#inOnePass(provFormat(), output);
        return undefined;
    }
  }

  async #inOnePass(format: RecordFormat, output: Output): Promise<void> {
    await format.begin(output);
    for await (const page of this.#records()) {
      for (const [told, life] of callsOf(page)) this.#events += await format.call(output, told, life);
      // What follows the last record are breakers, which only a report tells.
      if (page.records.length === 0) break;
    }
    await format.end(output);
  }

  async *#records(): AsyncGenerator<ExportPage> {
    for await (const page of recordPages(this.#transport, this.#tenant, this.#options)) {
      yield page;
      for (const { earlier } of page.records) this.#calls += 1 + earlier.length;
      const [first, last] = [page.records[0], page.records.at(-1)];
      if (first) this.#from ??= first.firstSeq;
      this.#progress(last?.firstSeq, page.asOf);
    }
  }

  async #ledgerEvents(output: Output): Promise<void> {
    for await (const page of eventPages(this.#transport, this.#tenant, this.#options)) {
      for (const event of page.events) await output.add(`${JSON.stringify(event)}\n`);
      this.#events += page.events.length;
      const [first] = page.events;
      if (first) this.#from ??= Number(first['sequence']);
      this.#progress(page.at, page.asOf);
    }
  }

  #progress(at: number | undefined, pageAsOf: number): void {
    const { signal, onProgress } = this.#options;
    if (signal?.aborted)
      throw new WritError('interrupted', 'the export was interrupted; nothing was left behind');
    const asOf = Math.min(this.#asOf ?? pageAsOf, pageAsOf);
    this.#asOf = asOf;
    const from = this.#from ?? asOf;
    onProgress?.({ calls: this.#calls, events: this.#events, from, at: at ?? asOf, asOf });
  }

  #scope(asOf: number): ReportScope {
    const scope = filterOf(this.#options);
    return { tenant: this.#tenant, ...scope, generatedAt: Date.now(), asOf };
  }
}
