/** The report of a run, made from the audit's records page by page and written to a file. */
import { writeFile } from 'node:fs/promises';
import { subjects } from '@writ/contracts';
import type { TenantId } from '@writ/contracts';
import { campaignReport } from '@writ/provenance';
import type {
  BreakerEvent,
  CampaignReport,
  ExportPage,
  ExportRequest,
  InvocationRecord,
} from '@writ/provenance';
import { EXPORT_TIMEOUT_MS } from './limits.ts';
import type { Transport } from './transport.ts';

export interface ExportScope {
  readonly campaign?: string | undefined;
  /** Name of the audit log. */
  readonly log?: string | undefined;
}

/** Reads every page (the audit first catches up with the ledger) and makes the report; it can be remade by anyone from the same records. */
export async function fetchReport(
  transport: Transport,
  tenant: TenantId,
  scope: ExportScope,
): Promise<CampaignReport> {
  const records: InvocationRecord[] = [];
  const breakers: BreakerEvent[] = [];
  const filter = {
    ...(scope.campaign === undefined ? {} : { campaign: scope.campaign }),
    ...(scope.log === undefined ? {} : { log: scope.log }),
  };
  let asOf: number | undefined;
  let after: string | undefined;
  do {
    const request: ExportRequest = after === undefined ? filter : { ...filter, after };
    const page = (await transport.query(
      subjects.api(tenant, 'audit', 'export'),
      request,
      EXPORT_TIMEOUT_MS,
    )) as ExportPage;
    records.push(...page.records);
    breakers.push(...page.breakers);
    // Each page is complete up to its own position; the report as a whole up to the earliest of them.
    asOf = Math.min(asOf ?? page.asOf, page.asOf);
    after = page.next;
  } while (after !== undefined);
  return campaignReport(records, breakers, { tenant, ...filter, generatedAt: Date.now(), asOf: asOf ?? 0 });
}

export async function writeReport(path: string, report: CampaignReport): Promise<void> {
  await writeFile(path, `${JSON.stringify(report, null, 2)}\n`);
}
