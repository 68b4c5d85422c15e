/** The report of a campaign: a pure function of its records and of the breaker history, so that anyone can redo it. */
import type { Instant, TenantId } from '@writ/contracts';
import type { BreakerEvent } from './breaker-event.ts';
import type { Circumstances } from './circumstances.ts';
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
  readonly campaign?: string | undefined;
  readonly log?: string | undefined;
  readonly invocation?: string | undefined;
  /** Calls that were asked for at this time or later, and before. */
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  readonly generatedAt: Instant;
  /** The ledger sequence up to which records and breakers are complete. */
  readonly asOf: number;
}

const TOOL_SCOPE = 'tool:';

/** The parts of a report that one call adds. */
type Lists = Pick<CampaignReport, 'approvals' | 'denials' | 'invocations'>;

/** What stands in a report before its lists. */
export type ReportHead = Omit<CampaignReport, keyof Lists | 'breakers'>;

/**
 * A report of any length, in memory that does not grow with it: `add` gives what each record adds to the lists; when all
 * have been added, `breaker` and `head` give the rest.
 */
export class ReportFold {
  readonly #summary = new SummaryFold();
  readonly #tools = new Set<string>();
  #from = Number.POSITIVE_INFINITY;
  #to = Number.NEGATIVE_INFINITY;

  /** `circumstances`: one for each life. */
  add(record: InvocationRecord, circumstances: readonly Circumstances[] = []): Lists {
    const lists: Lists = { approvals: [], denials: [], invocations: [] };
    for (const [index, life] of livesOf(record).entries()) {
      this.#summary.add(life);
      list(lists, life, circumstances[index]);
      const tool = subjectOf(life)?.tool;
      if (tool !== undefined) this.#tools.add(tool);
      this.#from = Math.min(this.#from, life.asked?.at ?? this.#from);
      this.#to = Math.max(this.#to, life.ending?.at ?? this.#to);
    }
    return lists;
  }

  /** Nothing for the breaker of a tool that was not used. */
  breaker(event: BreakerEvent): BreakerReport | undefined {
    return concerns(event, this.#tools) ? breakerReport(event) : undefined;
  }

  head({ generatedAt, asOf, ...about }: ReportScope): ReportHead {
    return {
      schema: CAMPAIGN_REPORT_SCHEMA,
      tenant: about.tenant,
      campaign: about.campaign ?? null,
      log: about.log ?? null,
      invocation: about.invocation ?? null,
      since: about.since ?? null,
      until: about.until ?? null,
      generatedAt: ledgerTime(generatedAt),
      asOf,
      from: timeText(this.#from),
      to: timeText(this.#to),
      summary: this.#summary.summary(),
    };
  }
}

/** `campaign-report.json` (`campaignReportSchema`). Of the tool breakers it tells those of the tools that were used. */
export function campaignReport(
  records: Iterable<InvocationRecord>,
  breakers: Iterable<BreakerEvent>,
  scope: ReportScope,
): CampaignReport {
  const fold = new ReportFold();
  const lists = [...records].map((record) => fold.add(record));
  return {
    ...fold.head(scope),
    approvals: lists.flatMap(({ approvals }) => approvals),
    denials: lists.flatMap(({ denials }) => denials),
    breakers: [...breakers].flatMap((event) => fold.breaker(event) ?? []),
    invocations: lists.flatMap(({ invocations }) => invocations),
  };
}

function list(lists: Lists, life: InvocationRecord, circumstances: Circumstances | undefined): void {
  const provenance = provenanceOf(life, circumstances);
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
