/** The scheduler's core: waves, the queue, grants, lost executors and circuit breakers. */
export { schedule } from './waves.ts';
export {
  breakers,
  busySessions,
  fencesOwed,
  grantDetails,
  openGrants,
  queueDepth,
  sessionLost,
  toolByDigest,
} from './queries.ts';
export { scheduler } from './scheduler.ts';
export type { OfferedExecutor } from './dispatch.ts';
export type { BreakerReport, GrantDetails } from './queries.ts';
export type { ExecutorSession, SchedulerOffer } from './react.ts';
export type { Fence, SchedulerState } from './state.ts';
export type { ToolRule, ToolRules, Wave, WaveCall, WaveOptions } from './waves.ts';
