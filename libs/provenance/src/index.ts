/** Provenance: the record of every invocation, and the report of a campaign, as pure folds of the ledger. */
export { breakerEvent } from './breaker-event.ts';
export { ChainCheck, MAX_LINKS, chainPage, chainRequest } from './chain.ts';
export { CatalogHistory, circumstancesOf } from './circumstances.ts';
export { exportRequest } from './export-page.ts';
export { exportedEvents } from './exports/cloud-events.ts';
export { CSV_HEADER, csvLine } from './exports/csv.ts';
export { openLineageEvents } from './exports/open-lineage.ts';
export { PROV_PREFIXES, provBundle } from './exports/prov-json.ts';
export { beginsRecord, foldRecord, invocationsOf } from './fold.ts';
export { glimpsesOf, newGlimpse } from './glimpse.ts';
export { livesOf } from './life.ts';
export { lineageGraph } from './lineage-graph.ts';
export {
  LINKING_FACTS,
  LineageWalk,
  MAX_LINEAGE,
  attemptKey,
  goingOn,
  lineageRequest,
} from './lineage-links.ts';
export { MAX_LISTED, searchPage, searchRequest, showRequest } from './listing.ts';
export { notedFact } from './noted.ts';
export { provenanceOf } from './provenance.ts';
export { stageOf, subjectOf } from './record.ts';
export { CAMPAIGN_REPORT_SCHEMA, campaignReportSchema, invocationProvenanceSchema } from './report-schema.ts';
export { ReportFold, campaignReport } from './report.ts';
export { checkRows } from './row-check.ts';
export { settledLines, usageOf } from './settlement.ts';
export { recordText, restoreRecord } from './stored-record.ts';
export { MAX_ROWS, columnsOf, rowsPage, rowsRequest } from './stored-row.ts';
export { terminalFact } from './terminal.ts';
export { foldTrace, stageOfTrace } from './trace.ts';
export { UsageTally } from './usage.ts';
export { wordsOf } from './words.ts';
export type { BreakerEvent } from './breaker-event.ts';
export type { ChainFault, ChainLink, ChainPage } from './chain.ts';
export type { Circumstances, Place as SessionPlace } from './circumstances.ts';
export type { EventsPage, ExportPage, ExportRequest } from './export-page.ts';
export type { ExportedEvent, ExportedFact } from './exports/cloud-events.ts';
export type { Glimpse } from './glimpse.ts';
export type { LineageEdge, LineageGraph, LineageNode } from './lineage-graph.ts';
export type { LineageLink, LineagePage, LineageRequest } from './lineage-links.ts';
export type { ListedInvocation, SearchPage, SearchRequest, ShowReply } from './listing.ts';
export type { NotedFact } from './noted.ts';
export type { Asked, Attempt, InvocationRecord, Moment, Stage } from './record.ts';
export type { CampaignReport, InvocationProvenance } from './report-schema.ts';
export type { ReportScope } from './report.ts';
export type { CommitsUpTo, RowFault, RowVerification } from './row-check.ts';
export type { SettledLine } from './settlement.ts';
export type { StoredRecord } from './stored-record.ts';
export type { RowColumns, RowsPage, RowsRequest, StoredRow } from './stored-row.ts';
export type { AskedTrace, Place, Settlement, Trace } from './trace.ts';
export type { UsageLine } from './usage.ts';
