/**
 * `campaign-report.json`, version 1: what a campaign asked for, what was decided about it, what it cost, and the
 * provenance of every call. Amounts are exact decimal text in whole units (`"1.5"` node-hours), times are RFC 3339,
 * everything points at the ledger by sequence. Fields are only ever added under this version.
 */
import { z } from 'zod';

export const CAMPAIGN_REPORT_SCHEMA = 'writ.campaign-report/1';

const time = z.iso.datetime();
const count = z.number().int().nonnegative();
const decimal = z.string().regex(/^-?\d+(\.\d{1,6})?$/);
/** An amount of each unit. */
const amounts = z.record(z.string(), decimal);
const outcomes = z.record(z.string(), count);
const span = z.number().nullable().describe('milliseconds; null while it has not happened');

const vote = z.strictObject({
  person: z.string(),
  vote: z.enum(['approve', 'deny']),
  at: time,
  reason: z.string().nullable(),
  /** Whether the person saw the arguments that would run; a vote over others does not count. */
  sameArguments: z.boolean(),
});

const approvalReport = z.strictObject({
  invocation: z.string(),
  tool: z.string().nullable(),
  agent: z.string(),
  policies: z.array(z.string()),
  result: z.enum(['open', 'granted', 'denied', 'expired']),
  quorum: count,
  openedAt: time,
  closedAt: time.nullable(),
  decidedBy: z.array(z.string()),
  /** Of those who spoke in another's name: whose. */
  inNameOf: z.record(z.string(), z.string()),
  /** Standing grants that spoke for their givers. */
  standing: z.array(z.string()),
  /** Who was not heard because one person broke the glass. */
  skipped: z.array(z.string()),
  reason: z.string().nullable(),
  votes: z.array(vote),
});
export type ApprovalReport = z.infer<typeof approvalReport>;

const breakerReport = z.strictObject({
  scope: z.string(),
  transition: z.enum(['opened', 'half-opened', 'closed']),
  at: time,
  seq: count,
  evidence: z
    .strictObject({
      calls: count,
      failures: count,
      executors: count,
      slow: count.optional(),
      slowExecutors: count.optional(),
    })
    .nullable(),
  until: time.nullable(),
  permits: count.nullable(),
});

const settled = z.strictObject({
  account: z.string(),
  unit: z.string(),
  held: decimal,
  charged: decimal,
  open: decimal,
});

const decision = z.strictObject({
  verdict: z.string(),
  at: time,
  rules: z.array(
    z.strictObject({
      policy: z.string(),
      action: z.string(),
      mode: z.string(),
      because: z.string().nullable(),
    }),
  ),
  bundle: z.string(),
  catalogRevision: count,
  /** Standing grants, because of which nobody had to be asked. */
  standing: z.array(z.string()),
});

const denial = z.strictObject({
  class: z.string(),
  rule: z.string(),
  reason: z.string(),
  remedy: z.string().nullable(),
  /** How often its agent had been denied this very call by then. */
  repeats: count.optional(),
  /** The agent was told to stop. */
  final: z.literal(true).optional(),
});

const attempt = z.strictObject({
  attempt: z.number().int(),
  executor: z.string(),
  session: z.string(),
  node: z.string().nullable(),
  dispatchedAt: time,
  startedAt: time.nullable(),
  /** For an attempt that was not the last one. */
  ended: z
    .strictObject({
      at: time,
      cause: z.string(),
      error: z.strictObject({ code: z.string(), message: z.string() }).nullable(),
      used: amounts.nullable(),
    })
    .nullable(),
});

/** Who asked for what, when, why it was let through or not, where it ran and at what cost. */
export const invocationProvenanceSchema = z.strictObject({
  invocation: z.string(),
  stage: z.string(),
  outcome: z.string().nullable(),
  who: z.strictObject({
    tenant: z.string(),
    agent: z.string(),
    /** Who answers for the agent, as the catalog said. */
    owner: z.string().nullable(),
    /** The user that it acted for, the earlier calls and the workflow's node that led to it, as the agent said. */
    onBehalfOf: z.string().nullable(),
    causedBy: z.array(z.string()),
    node: z.strictObject({ run: z.string(), node: z.string(), attempt: count }).nullable(),
    project: z.string().nullable(),
    campaign: z.string().nullable(),
    log: z.string().nullable(),
    step: z.string().nullable(),
    justification: z.string().nullable(),
  }),
  what: z.strictObject({
    tool: z.string().nullable(),
    /** Of the tool as it was registered when the call was decided. */
    version: z.string().nullable(),
    class: z.string().nullable(),
    effects: z.string().nullable(),
    argsDigest: z.string().nullable(),
    inputs: z.record(z.string(), z.unknown()).nullable(),
    outputDigest: z.string().nullable(),
    output: z.unknown(),
    outputRef: z.strictObject({ digest: z.string(), bytes: count, mediaType: z.string() }).nullable(),
    error: z.strictObject({ code: z.string(), message: z.string() }).nullable(),
  }),
  when: z.strictObject({
    requested: time.nullable(),
    decided: time.nullable(),
    approvalOpened: time.nullable(),
    approvalClosed: time.nullable(),
    reserved: time.nullable(),
    planned: time.nullable(),
    dispatched: time.nullable(),
    started: time.nullable(),
    ended: time.nullable(),
    decidingMs: span,
    holdingMs: span,
    approvalMs: span,
    queuedMs: span,
    startingMs: span,
    ranMs: span,
    totalMs: span,
  }),
  why: z.strictObject({
    decisions: z.array(decision),
    denial: denial.nullable(),
    approval: approvalReport.nullable(),
    /** For a call that was refused, rejected, expired or cancelled: the reason as recorded. */
    ended: z.strictObject({ by: z.string(), reason: z.string(), detail: z.string().nullable() }).nullable(),
  }),
  where: z.strictObject({
    executor: z.string().nullable(),
    pool: z.string().nullable(),
    /** The machine of its last attempt. */
    node: z.string().nullable(),
    attempts: z.array(attempt),
  }),
  cost: z.strictObject({
    ceiling: amounts,
    /** By unit, each attempt's hold. */
    held: amounts,
    used: amounts.nullable(),
    settled: z.array(settled),
  }),
  /** Ledger sequence of each fact. */
  ledger: z.record(z.string(), z.union([count, z.array(count)])),
  repeats: count,
});
export type InvocationProvenance = z.infer<typeof invocationProvenanceSchema>;

export const campaignReportSchema = z.strictObject({
  schema: z.literal(CAMPAIGN_REPORT_SCHEMA),
  tenant: z.string(),
  campaign: z.string().nullable(),
  log: z.string().nullable(),
  /** Absent in reports of before these could be asked for. */
  invocation: z.string().nullable().optional(),
  since: z.string().nullable().optional(),
  until: z.string().nullable().optional(),
  generatedAt: time,
  /** The report holds every fact up to this ledger sequence. */
  asOf: count,
  from: time.nullable(),
  to: time.nullable(),
  summary: z.strictObject({
    calls: count,
    unfinished: count,
    outcomes,
    tools: z.array(
      z.strictObject({
        tool: z.string(),
        calls: count,
        outcomes,
        charged: amounts,
        used: amounts,
        ranMs: z.number(),
      }),
    ),
    /** By unit, each call once. `used` is what was reported, also of units that no account limits. */
    cost: z.array(z.strictObject({ unit: z.string(), used: decimal, charged: decimal, open: decimal })),
    /** By account: the sum of its lines. A call pays from every account on its way. */
    accounts: z.array(settled),
    approvals: z.strictObject({ asked: count, granted: count, denied: count, expired: count, open: count }),
    denials: z.array(z.strictObject({ rule: z.string(), class: z.string(), calls: count })),
    breaches: count,
  }),
  approvals: z.array(approvalReport),
  denials: z.array(
    z.strictObject({ invocation: z.string(), tool: z.string().nullable(), at: time, ...denial.shape }),
  ),
  breakers: z.array(breakerReport),
  invocations: z.array(invocationProvenanceSchema),
});
export type CampaignReport = z.infer<typeof campaignReportSchema>;
export type BreakerReport = z.infer<typeof breakerReport>;
