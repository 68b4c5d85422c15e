/** The dashboards: what calls meet, and how the machinery is. `npm run generate` writes them as Grafana's JSON. */
import { panel, row } from './panel.ts';
import type { Dashboard } from './panel.ts';

const P99 = (metric: string, by: string): string =>
  `histogram_quantile(0.99, sum by (${by}, le) (rate(${metric}_bucket[$__rate_interval])))`;

export const DASHBOARDS: readonly Dashboard[] = [
  {
    file: 'calls.json',
    uid: 'writ-calls',
    title: 'Writ: calls',
    rows: [
      row(
        'Decided',
        panel('Decisions by effect', 'ops', {
          'sum by (effect) (rate(writ_decisions_total[$__rate_interval]))': '{{effect}}',
        }),
        panel('Denials by rule', 'ops', {
          'topk(10, sum by (rule) (rate(writ_decisions_total{effect="deny"}[$__rate_interval])))': '{{rule}}',
        }),
        panel('Calls that ask people, by rule', 'ops', {
          'sum by (rule) (rate(writ_decisions_total{effect="require-approval"}[$__rate_interval]))':
            '{{rule}}',
        }),
      ),
      row(
        'Paid',
        panel('Budget used', 'percentunit', {
          'topk(10, max by (tenant, account, unit) (writ_budget_utilisation))':
            '{{tenant}} {{account}} {{unit}}',
        }),
        panel('Holds and refusals', 'ops', {
          'sum by (type) (rate(writ_facts_total{type=~"budget.*"}[$__rate_interval]))': '{{type}}',
        }),
      ),
      row(
        'Placed',
        panel('Waiting calls by project', 'short', {
          'max by (tenant, project) (writ_queue_depth)': '{{tenant}}/{{project}}',
        }),
        panel('Wait for an executor, p99', 'ms', {
          [P99('writ_queue_wait', 'tenant, project')]: '{{tenant}}/{{project}}',
        }),
        panel('Breakers: 1 half-open, 2 open', 'short', {
          'max by (tenant, scope) (writ_breaker_state)': '{{tenant}} {{scope}}',
        }),
      ),
      row(
        'Run',
        panel('Runs by outcome', 'ops', {
          'sum by (outcome) (rate(writ_executor_runs_total[$__rate_interval]))': '{{outcome}}',
        }),
        panel('Run time by tool, p99', 'ms', { [P99('writ_executor_run_duration', 'tool')]: '{{tool}}' }),
        panel('In progress', 'short', { 'sum by (instance) (writ_executor_running)': '{{instance}}' }),
      ),
      row(
        'Traces',
        panel('Kept, by reason', 'ops', {
          'sum by (why) (rate(writ_traces_kept_total[$__rate_interval]))': '{{why}}',
        }),
        panel('Not exported', 'ops', {
          'sum by (why) (rate(writ_traces_dropped_total[$__rate_interval]))': '{{why}}',
        }),
      ),
    ],
  },
  {
    file: 'ledger.json',
    uid: 'writ-ledger',
    title: 'Writ: ledger and services',
    rows: [
      row(
        'Writing',
        panel('Facts by type', 'ops', {
          'sum by (type) (rate(writ_facts_total[$__rate_interval]))': '{{type}}',
        }),
        panel('Commits', 'ops', { 'sum by (job) (rate(writ_commits_total[$__rate_interval]))': '{{job}}' }),
        panel('Commit latency, p99', 'ms', { [P99('writ_commit_duration', 'job')]: '{{job}}' }),
        panel('Facts of a commit, mean', 'short', {
          'sum by (job) (rate(writ_commit_events_sum[$__rate_interval])) / sum by (job) (rate(writ_commit_events_count[$__rate_interval]))':
            '{{job}}',
        }),
      ),
      row(
        'Folding',
        panel('Behind the ledger', 'short', {
          'max by (job, instance) (writ_fold_lag)': '{{job}} {{instance}}',
        }),
        panel('Read up to', 'short', { 'max by (job) (writ_fold_sequence)': '{{job}}' }),
        panel('Record behind the ledger', 'short', { 'max(writ_projection_lag)': 'audit' }),
        panel('Recorded up to', 'short', { 'max(writ_projection_sequence)': 'audit' }),
      ),
      row(
        'Leading',
        panel('Who leads', 'short', { 'max by (job, instance) (writ_leader)': '{{job}} {{instance}}' }),
        panel('Changes of leader', 'short', {
          'sum by (job) (increase(writ_elections_total[$__rate_interval]))': '{{job}}',
        }),
      ),
      row(
        'Executors',
        panel('Fenced', 'short', {
          'sum by (instance) (increase(writ_executor_fenced_total[$__rate_interval]))': '{{instance}}',
        }),
        panel('Pulls that failed', 'ops', {
          'sum by (instance) (rate(writ_executor_failed_pulls_total[$__rate_interval]))': '{{instance}}',
        }),
      ),
    ],
  },
];
