/** Provenance: the record of every invocation, and the report of a campaign, as pure folds of the ledger. */
export { breakerEvent } from './breaker-event.ts';
export { exportRequest } from './export-page.ts';
export { beginsRecord, foldRecord, invocationsOf } from './fold.ts';
export { provenanceOf } from './provenance.ts';
export { stageOf, subjectOf } from './record.ts';
export { CAMPAIGN_REPORT_SCHEMA, campaignReportSchema, invocationProvenanceSchema } from './report-schema.ts';
export { campaignReport } from './report.ts';
export { settledLines, usageOf } from './settlement.ts';
export { recordText, restoreRecord } from './stored-record.ts';
export { terminalFact } from './terminal.ts';
export type { BreakerEvent } from './breaker-event.ts';
export type { ExportPage, ExportRequest } from './export-page.ts';
export type { Asked, InvocationRecord, Moment, Stage } from './record.ts';
export type { CampaignReport, InvocationProvenance } from './report-schema.ts';
export type { ReportScope } from './report.ts';
export type { SettledLine } from './settlement.ts';
export type { StoredRecord } from './stored-record.ts';
