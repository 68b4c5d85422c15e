/**
 * What somebody has to be told of. `npm run generate` writes these as a file of rules for Prometheus and as a PrometheusRule
 * for Kubernetes. The label `job` is the service, as the ServiceMonitor names it.
 */
export interface AlertRule {
  readonly alert: string;
  readonly expr: string;
  /** How long it has to hold. */
  readonly for: string;
  readonly labels: { readonly severity: 'critical' | 'warning' };
  readonly annotations: { readonly summary: string; readonly runbook: string };
}

export const ALERTS: readonly AlertRule[] = [
  rule(
    'critical',
    'WritNobodyLeads',
    '(count(max by (job) (writ_leader) == 1) or vector(0)) < 3',
    '1m',
    'One of policy, budget and scheduler has no leader: nothing is decided.',
    'Find the service whose writ_leader is 0 in all of its pods; look at its log and at NATS.',
  ),
  rule(
    'warning',
    'WritLeadersChange',
    'sum by (job) (increase(writ_elections_total[15m])) > 5',
    '0m',
    '{{ $labels.job }} changed its leader {{ $value | printf "%.0f" }} times in 15 minutes.',
    'Each change folds the ledger again. Look for restarts, and for a lease that is lost because NATS is slow.',
  ),
  rule(
    'warning',
    'WritCommitsAreSlow',
    'histogram_quantile(0.99, sum by (job, le) (rate(writ_commit_duration_bucket[5m]))) > 1000',
    '5m',
    'One in a hundred commits of {{ $labels.job }} takes longer than a second.',
    'Every decision waits for its commit: look at the disks of NATS and at its replicas.',
  ),
  rule(
    'warning',
    'WritFoldIsBehind',
    'max by (job) (writ_fold_lag) > 50000',
    '5m',
    '{{ $labels.job }} is {{ $value | printf "%.0f" }} commits behind the ledger.',
    'A leader that is behind decides late; a standby takes over late. It is short of processor time, or starting.',
  ),
  rule(
    'warning',
    'WritRecordIsBehind',
    'max(writ_projection_lag) > 100000',
    '15m',
    'The audit is {{ $value | printf "%.0f" }} commits behind: reports and traces are late.',
    'Nothing is lost. Look at Postgres, and whether the audit gets processor time (WRIT_AUDIT_NICE).',
  ),
  rule(
    'warning',
    'WritCallsWaitLong',
    'histogram_quantile(0.95, sum by (tenant, project, le) (rate(writ_queue_wait_bucket[15m]))) > 300000',
    '10m',
    'Calls of {{ $labels.tenant }}/{{ $labels.project }} wait longer than five minutes for an executor.',
    'More executors, a larger share, or fewer calls: `writ queue` tells what each of them waits for.',
  ),
  rule(
    'warning',
    'WritBreakerIsOpen',
    'max by (tenant, scope) (writ_breaker_state) == 2',
    '5m',
    'The breaker {{ $labels.scope }} of {{ $labels.tenant }} is open.',
    '`writ breaker show {{ $labels.scope }}` has the evidence; repair what it watches, it closes by itself.',
  ),
  rule(
    'warning',
    'WritBudgetNearlySpent',
    'max by (tenant, account, unit) (writ_budget_utilisation) > 0.9',
    '5m',
    '{{ $labels.account }} of {{ $labels.tenant }} has less than a tenth of its {{ $labels.unit }} left.',
    '`writ budget` shows what is spent, what is held, and when it resets.',
  ),
  rule(
    'warning',
    'WritToolFails',
    'sum by (tool) (rate(writ_executor_runs_total{outcome!="succeeded"}[10m]))' +
      ' / sum by (tool) (rate(writ_executor_runs_total[10m])) > 0.5',
    '10m',
    'More than half of the runs of {{ $labels.tool }} do not succeed.',
    '`writ search --tool {{ $labels.tool }} --stage failed` lists them; the trace of each is kept.',
  ),
  rule(
    'warning',
    'WritMostIsDenied',
    'sum(rate(writ_decisions_total{effect="deny"}[15m])) / sum(rate(writ_decisions_total[15m])) > 0.5',
    '15m',
    'The policy denies more than half of what is asked for.',
    'The dashboard shows which rule: agents do not read their denials, or a rule is wider than it was meant.',
  ),
  rule(
    'warning',
    'WritBalancesAreMissing',
    'max by (tenant) (min_over_time(writ_decisions_waiting[5m])) > 0',
    '0m',
    'Calls of {{ $labels.tenant }} have waited for balances whenever somebody looked in five minutes.',
    'Its rules read what the budget has left, and the budget does not say: see whether that service is up, and of this release.',
  ),
  rule(
    'warning',
    'WritExecutorsAreFenced',
    'sum(increase(writ_executor_fenced_total[15m])) > 3',
    '0m',
    'Executors were given up {{ $value | printf "%.0f" }} times in 15 minutes; what ran there may be indeterminate.',
    '`writ indeterminate` lists the calls that somebody has to look after.',
  ),
  rule(
    'warning',
    'WritPullsFail',
    'sum by (instance) (rate(writ_executor_failed_pulls_total[5m])) > 0.1',
    '5m',
    'The executor {{ $labels.instance }} cannot get work.',
    'The scheduler has no leader, or the executor does not reach NATS.',
  ),
  rule(
    'warning',
    'WritTracesAreDropped',
    'sum by (why) (increase(writ_traces_dropped_total[15m])) > 0',
    '0m',
    'Traces worth keeping were not exported ({{ $labels.why }}).',
    'A flood of errors or denials: the ledger has them all, only their traces are missing.',
  ),
];

function rule(
  severity: AlertRule['labels']['severity'],
  alert: string,
  expr: string,
  holds: string,
  summary: string,
  runbook: string,
): AlertRule {
  return { alert, expr, for: holds, labels: { severity }, annotations: { summary, runbook } };
}
