/**
 * What happened lately, for rules that read `history`: counts of decisions and of the ends of runs, by agent, by tool
 * and by agent with tool. Kept only while such a rule is published, and counted from then on.
 */
import { RunOutcome, Verdict } from '@writ/contracts';
import type { Instant, InvocationId, PolicyDecided, RecordedFact } from '@writ/contracts';
import { HISTORY_WINDOWS, HistoryOutcome, HistoryScope } from '@writ/expressions';
import type { HistoryView } from '@writ/expressions';
import { countKey } from './keyed-counts.ts';
import type { KeyedCounts } from './keyed-counts.ts';
import { countWithin } from './sliding-count.ts';

export interface History {
  readonly counts: KeyedCounts;
  /** The tools of allowed calls that have not ended yet: their end does not name it. Oldest first. */
  readonly running: Map<InvocationId, string>;
}

type Caller = Pick<PolicyDecided, 'agent' | 'tool'>;

/** Most calls whose end is awaited; what was allowed long before is not counted when it ends. */
const MAX_RUNNING = 50_000;

const WINDOWS: readonly number[] = Object.values(HISTORY_WINDOWS);

export function emptyHistory(): History {
  return { counts: new Map(), running: new Map() };
}

/** Folds a recorded decision; one that asks people is counted when they have answered. */
export function countDecision(history: History, decided: PolicyDecided, at: Instant): void {
  const { verdict, invocation } = decided;
  if (verdict === Verdict.requireApproval) return;
  count(history, decided, HistoryOutcome.asked, at);
  count(history, decided, verdict === Verdict.allow ? HistoryOutcome.allowed : HistoryOutcome.denied, at);
  if (verdict !== Verdict.allow) return;
  history.running.set(invocation, decided.tool);
  for (const oldest of history.running.keys()) {
    if (history.running.size <= MAX_RUNNING) break;
    history.running.delete(oldest);
  }
}

/** Folds the end of a run. A call that an agent or person took back has neither succeeded nor failed. */
export function countRun(
  history: History,
  { data, at }: RecordedFact<'execution.completed' | 'schedule.resolved'>,
): void {
  const tool = history.running.get(data.invocation);
  if (tool === undefined) return;
  history.running.delete(data.invocation);
  if (data.outcome === RunOutcome.cancelled) return;
  const succeeded = data.outcome === RunOutcome.succeeded;
  const caller = { agent: data.agent, tool: tool as PolicyDecided['tool'] };
  count(history, caller, succeeded ? HistoryOutcome.succeeded : HistoryOutcome.failed, at);
}

/** The history as the rules about one call see it. */
export function historyView({ counts }: History, caller: Caller, now: Instant): HistoryView {
  return {
    count: (scope, window, outcome) => {
      const sliding = counts.get(HISTORY_WINDOWS[window])?.get(keyOf(scope, outcome, caller));
      return sliding ? countWithin(sliding, now) : 0;
    },
  };
}

function count({ counts }: History, caller: Caller, outcome: HistoryOutcome, at: Instant): void {
  for (const scope of Object.values(HistoryScope)) {
    for (const windowMs of WINDOWS) countKey(counts, windowMs, keyOf(scope, outcome, caller), at);
  }
}

function keyOf(scope: HistoryScope, outcome: HistoryOutcome, { agent, tool }: Caller): string {
  const whose = {
    [HistoryScope.agent]: agent,
    [HistoryScope.tool]: tool,
    [HistoryScope.agentTool]: `${agent} ${tool}`,
  }[scope];
  return `${scope} ${outcome}|${whose}`;
}
