/** The report of a campaign: a pure function of its records and of the breaker history, so that anyone can redo it. */
import type { Instant, TenantId } from '@writ/contracts';
import type { BreakerEvent } from './breaker-event.ts';
import { livesOf } from './life.ts';
import { approvalOf, provenanceOf } from './provenance.ts';
import { subjectOf } from './record.ts';
import type { InvocationRecord } from './record.ts';
import { CAMPAIGN_REPORT_SCHEMA } from './report-schema.ts';
import type { BreakerReport, CampaignReport } from './report-schema.ts';
import { SummaryFold } from './summary.ts';
import { ledgerTime, timeText } from './wording.ts';

/** What the report is about and how far it reaches; it has no clock of its own. */
export interface ReportScope {
  readonly tenant: TenantId;
  readonly campaign?: string;
  readonly log?: string;
  readonly generatedAt: Instant;
  /** The ledger sequence up to which records and breakers are complete. */
  readonly asOf: number;
}

const TOOL_SCOPE = 'tool:';

/** `campaign-report.json` (`campaignReportSchema`). Of the tool breakers it tells those of the tools that were used. */
export function campaignReport(
  records: Iterable<InvocationRecord>,
  breakers: Iterable<BreakerEvent>,
  scope: ReportScope,
): CampaignReport {
  const summary = new SummaryFold();
  const lists: Pick<CampaignReport, 'approvals' | 'denials' | 'invocations'> = {
    approvals: [],
    denials: [],
    invocations: [],
  };
  const tools = new Set<string>();
  let from = Number.POSITIVE_INFINITY;
  let to = Number.NEGATIVE_INFINITY;
  for (const record of records) {
    for (const life of livesOf(record)) {
      summary.add(life);
      list(lists, life);
      const tool = subjectOf(life)?.tool;
      if (tool !== undefined) tools.add(tool);
      from = Math.min(from, life.asked?.at ?? from);
      to = Math.max(to, life.ending?.at ?? to);
    }
  }
  return {
    schema: CAMPAIGN_REPORT_SCHEMA,
    tenant: scope.tenant,
    campaign: scope.campaign ?? null,
    log: scope.log ?? null,
    generatedAt: ledgerTime(scope.generatedAt),
    asOf: scope.asOf,
    from: timeText(from),
    to: timeText(to),
    summary: summary.summary(),
    approvals: lists.approvals,
    denials: lists.denials,
    breakers: [...breakers].filter((event) => concerns(event, tools)).map(breakerReport),
    invocations: lists.invocations,
  };
}

function list(
  lists: Pick<CampaignReport, 'approvals' | 'denials' | 'invocations'>,
  life: InvocationRecord,
): void {
  const provenance = provenanceOf(life);
  lists.invocations.push(provenance);
  const approval = approvalOf(life);
  if (approval) lists.approvals.push(approval);
  const { denial } = provenance.why;
  if (!denial || !life.ending) return;
  const { tool } = provenance.what;
  lists.denials.push({ invocation: life.invocation, tool, at: ledgerTime(life.ending.at), ...denial });
}

function concerns({ scope }: BreakerEvent, tools: ReadonlySet<string>): boolean {
  return !scope.startsWith(TOOL_SCOPE) || tools.has(scope.slice(TOOL_SCOPE.length));
}

function breakerReport({
  scope,
  transition,
  at,
  seq,
  evidence,
  untilMs,
  permits,
}: BreakerEvent): BreakerReport {
  return {
    scope,
    transition,
    at: ledgerTime(at),
    seq,
    evidence: evidence ?? null,
    until: timeText(untilMs),
    permits: permits ?? null,
  };
}
