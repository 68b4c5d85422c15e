/** The scheduler's core: waves, the queue, grants, lost executors and circuit breakers. */
export { schedule } from './waves.ts';
export { scheduleGraph } from './conflicts.ts';
export { breakers, openAlerts, runningCalls } from './breaker-report.ts';
export {
  busySessions,
  fencesOwed,
  grantDetails,
  holdsOlder,
  openGrants,
  queueDepth,
  queueDepths,
  sessionLost,
  toolByDigest,
} from './queries.ts';
export { stopsOwed } from './enquiries.ts';
export { forecast, SCHEDULERS } from './forecast.ts';
export { indeterminateCalls } from './indeterminate-list.ts';
export { scheduler } from './scheduler.ts';
export { queue, why } from './why.ts';
export { schedulerWitness } from './witness.ts';
export type { OwedStop } from './enquiries.ts';
export type { SentAlert } from './alerts.ts';
export type { BreakerReport, RunningCall } from './breaker-report.ts';
export type { Forecast, Wish } from './forecast.ts';
export type { IndeterminateCall, IndeterminatePage, ListPlace } from './indeterminate-list.ts';
export type { Plan } from './conflicts.ts';
export type { GrantDetails } from './queries.ts';
export type { SchedulerOffer } from './react.ts';
export type { ExecutorSession } from './attempt.ts';
export type { Fence, SchedulerState } from './state.ts';
export type { Slots } from './standing.ts';
export type { Blocker, QueuedCall } from './why.ts';
export type { ToolRule, ToolRules, Wave, WaveCall, WaveOptions } from './waves.ts';
export type { OfferedExecutor } from './attempt.ts';
export type { OpenAlert } from './state.ts';
