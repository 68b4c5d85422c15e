/**
 * Names of everything Writ measures and traces, in one place: what an instrument is, what it means and by what it is split.
 * The tables of README.md repeat this and are checked against it. Attributes with the prefix `writ.` are ours, the rest is
 * OpenTelemetry's (GenAI and messaging conventions).
 */
import { invariant } from '@writ/contracts';

export const Metric = {
  facts: 'writ.facts',
  decisions: 'writ.decisions',
  decisionsWaiting: 'writ.decisions.waiting',
  commits: 'writ.commits',
  commitEvents: 'writ.commit.events',
  commitDuration: 'writ.commit.duration',
  foldSequence: 'writ.fold.sequence',
  foldLag: 'writ.fold.lag',
  leader: 'writ.leader',
  elections: 'writ.elections',
  queueDepth: 'writ.queue.depth',
  queueWait: 'writ.queue.wait',
  breakerState: 'writ.breaker.state',
  budgetUtilisation: 'writ.budget.utilisation',
  runs: 'writ.executor.runs',
  runDuration: 'writ.executor.run.duration',
  running: 'writ.executor.running',
  executorFenced: 'writ.executor.fenced',
  failedPulls: 'writ.executor.failed_pulls',
  projectionSequence: 'writ.projection.sequence',
  projectionLag: 'writ.projection.lag',
  tracesKept: 'writ.traces.kept',
  tracesDropped: 'writ.traces.dropped',
} as const;
export type Metric = (typeof Metric)[keyof typeof Metric];

/** Names of the attributes of metrics. */
export const Attribute = {
  type: 'type',
  effect: 'effect',
  rule: 'rule',
  tool: 'tool',
  outcome: 'outcome',
  tenant: 'tenant',
  project: 'project',
  scope: 'scope',
  account: 'account',
  unit: 'unit',
  why: 'why',
} as const;
export type Attribute = (typeof Attribute)[keyof typeof Attribute];

/** Those whose values are Writ's own words, so there are few of them. All others are named by agents and operators. */
export const CLOSED_ATTRIBUTES: ReadonlySet<Attribute> = new Set([
  Attribute.type,
  Attribute.effect,
  Attribute.outcome,
  Attribute.why,
]);

export interface MetricAbout {
  readonly instrument: 'counter' | 'gauge' | 'histogram';
  readonly unit: string;
  readonly by: readonly Attribute[];
  readonly description: string;
}

const { type, effect, rule, tool, outcome, tenant, project, scope, account, unit, why } = Attribute;

export const METRICS: Readonly<Record<Metric, MetricAbout>> = {
  [Metric.facts]: about('counter', '{fact}', 'Facts committed', type),
  [Metric.decisions]: about(
    'counter',
    '{decision}',
    'Verdicts of the policy, by the rule that made them',
    effect,
    rule,
  ),
  [Metric.decisionsWaiting]: about(
    'gauge',
    '{call}',
    'Calls that the policy cannot decide before the budget has stated balances',
    tenant,
  ),
  [Metric.commits]: about('counter', '{commit}', 'Commits appended'),
  [Metric.commitEvents]: about('histogram', '{fact}', 'Facts of one reaction'),
  [Metric.commitDuration]: about('histogram', 'ms', 'From the first append of a reaction to its last ack'),
  [Metric.foldSequence]: about('gauge', '{commit}', 'Ledger sequence up to which this process has read'),
  [Metric.foldLag]: about(
    'gauge',
    '{commit}',
    'Commits between the end of the ledger and what this process has read',
  ),
  [Metric.leader]: about('gauge', '1', '1 while this process leads, else 0'),
  [Metric.elections]: about('counter', '{election}', 'Times that this process became leader'),
  [Metric.queueDepth]: about('gauge', '{call}', "Calls that wait in the scheduler's queue", tenant, project),
  [Metric.queueWait]: about(
    'histogram',
    'ms',
    'How long a call that was granted had been ready',
    tenant,
    project,
  ),
  [Metric.breakerState]: about('gauge', '1', '0 closed, 1 half-open, 2 open', tenant, scope),
  [Metric.budgetUtilisation]: about(
    'gauge',
    '1',
    'Spent and held, as a share of the limit',
    tenant,
    account,
    unit,
  ),
  [Metric.runs]: about('counter', '{run}', 'Tool runs that ended', tool, outcome),
  [Metric.runDuration]: about('histogram', 'ms', 'Duration of a tool run', tool),
  [Metric.running]: about('gauge', '{run}', 'Tool runs in progress'),
  [Metric.executorFenced]: about('counter', '{session}', "Times that an executor's session was fenced"),
  [Metric.failedPulls]: about('counter', '{pull}', 'Pulls that failed and were repeated'),
  [Metric.projectionSequence]: about(
    'gauge',
    '{commit}',
    'Ledger sequence up to which the projection is durable',
  ),
  [Metric.projectionLag]: about(
    'gauge',
    '{commit}',
    'Commits between the projection and the end of the ledger',
  ),
  [Metric.tracesKept]: about('counter', '{trace}', 'Traces of calls that were exported', why),
  [Metric.tracesDropped]: about(
    'counter',
    '{trace}',
    'Traces that were to be kept and were not exported',
    why,
  ),
};

/** Spans. `{tool}` and `{kind}` stand for the name of the tool and the last token of the subject. */
export const SpanName = {
  call: 'execute_tool {tool}',
  ask: 'writ.ask {tool}',
  decide: 'decide',
  approval: 'await approval',
  reserve: 'reserve',
  queue: 'wait in queue',
  execute: 'execute',
  start: 'start',
  run: 'run {tool}',
  query: 'query {tool}',
  resolution: 'await resolution',
  cancel: 'cancel',
  batch: 'publish writ.{tenant}.{kind}',
} as const;
export type SpanName = (typeof SpanName)[keyof typeof SpanName];

/** Attributes of spans: ours first, then those of the conventions. */
export const SpanAttribute = {
  tenant: 'writ.tenant',
  project: 'writ.project',
  campaign: 'writ.campaign',
  invocation: 'writ.invocation',
  outcome: 'writ.outcome',
  verdict: 'writ.verdict',
  rules: 'writ.rules',
  denialClass: 'writ.denial.class',
  bundle: 'writ.bundle',
  reason: 'writ.reason',
  waitReason: 'writ.wait.reason',
  approvers: 'writ.approval.approvers',
  quorum: 'writ.approval.quorum',
  result: 'writ.approval.result',
  persons: 'writ.approval.persons',
  holds: 'writ.budget.holds',
  attempt: 'writ.attempt',
  executor: 'writ.executor',
  argsDigest: 'writ.args_digest',
  sequence: 'writ.ledger.sequence',
  kept: 'writ.kept',
  errorType: 'error.type',
  operation: 'gen_ai.operation.name',
  toolName: 'gen_ai.tool.name',
  toolCallId: 'gen_ai.tool.call.id',
  toolType: 'gen_ai.tool.type',
  agentName: 'gen_ai.agent.name',
  messagingSystem: 'messaging.system',
  messagingOperation: 'messaging.operation.name',
  messagingOperationType: 'messaging.operation.type',
  messagingDestination: 'messaging.destination.template',
  messagingBatch: 'messaging.batch.message_count',
} as const;
export type SpanAttribute = (typeof SpanAttribute)[keyof typeof SpanAttribute];

/** What an instrument is told about itself; a name is of one instrument only. */
export function described(
  metric: Metric,
  as: MetricAbout['instrument'],
): Pick<MetricAbout, 'unit' | 'description'> {
  const { instrument, unit: measuredIn, description } = METRICS[metric];
  invariant(instrument === as, `${metric} is a ${instrument}, so nothing can be made of it as a ${as}`);
  return { unit: measuredIn, description };
}

/** As `/metrics` shows it: a counter's name ends in `_total`, a histogram's series in `_bucket`, `_count` and `_sum`. */
export function exposedNames(metric: Metric): readonly string[] {
  const name = metric.replaceAll('.', '_');
  const { instrument } = METRICS[metric];
  if (instrument === 'counter') return [`${name}_total`];
  return instrument === 'gauge' ? [name] : [`${name}_bucket`, `${name}_count`, `${name}_sum`];
}

function about(
  instrument: MetricAbout['instrument'],
  measuredIn: string,
  description: string,
  ...by: Attribute[]
): MetricAbout {
  return { instrument, unit: measuredIn, description, by };
}
