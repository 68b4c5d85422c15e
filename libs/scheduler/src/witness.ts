/**
 * What a recorded answer of the scheduler shows of the offer behind it, so that it can be decided again. Offers are no
 * facts: which executors had a free place, which were silent and which alerts were taken is known only where it mattered.
 * A grant is decided again with its executor's place as the only free one: it has to be the call that is next for it. In
 * a pool whose next call has requirements that is not enough, because the rest of the pool decided who fits where; there
 * a grant is possible when its call was the first of an open queue.
 */
import type { RecordedFact, Requirements } from '@writ/contracts';
import type { ExecutorSession } from './attempt.ts';
import { isLost, sessionIn } from './executors.ts';
import { callOf } from './lifecycle.ts';
import { firstLane } from './order.ts';
import { NO_OFFER } from './react.ts';
import type { SchedulerOffer } from './react.ts';
import type { SchedulerState } from './state.ts';
import type { OfferedExecutor } from './attempt.ts';
import type { Call } from './model.ts';

const ONE_SLOT: Requirements = { nodes: 1, slots: 1, gpus: 0, memoryGb: 0, labels: {} };

export const schedulerWitness = { nothing: NO_OFFER, offerFor, allows };

/** Undefined for what follows from facts and time alone. */
function offerFor(state: SchedulerState, next: RecordedFact): SchedulerOffer | undefined {
  switch (next.type) {
    case 'schedule.dispatched':
      return { ...NO_OFFER, executors: placesOf(state, next) };
    case 'executor.lost':
      return lossOf(state, next);
    case 'alert.closed': {
      const { alert, outcome } = next.data;
      return { ...NO_OFFER, sent: [{ alert, outcome }] };
    }
    default:
      return undefined;
  }
}

/** The executors of a grant, each with as much free as the call takes. */
function placesOf(state: SchedulerState, fact: RecordedFact<'schedule.dispatched'>): OfferedExecutor[] {
  const version = callOf(state, fact)?.version;
  if (!version) return [];
  const { executor, session, beside = [] } = fact.data;
  const needs = version.spec.requires ?? ONE_SLOT;
  const places = [{ executor, session }, ...beside].map((on) => placeOn(state, on, version.spec.pool, needs));
  // The core begins at a place that moves on with every grant.
  const start = state.grants % places.length;
  return [...places.slice(places.length - start), ...places.slice(0, places.length - start)];
}

function placeOn(
  state: SchedulerState,
  { executor, session }: ExecutorSession,
  pool: string,
  needs: Requirements,
): OfferedExecutor {
  const held = sessionIn(state, executor, session);
  const place = {
    executor,
    session,
    pool,
    slots: (held?.slots ?? 0) + needs.slots,
    gpus: needs.gpus,
    memoryGb: needs.memoryGb,
    labels: needs.labels,
  };
  for (const call of [...(held?.grants ?? []), ...(held?.guests ?? [])]) {
    place.gpus += call.version?.spec.requires?.gpus ?? 0;
    place.memoryGb += call.version?.spec.requires?.memoryGb ?? 0;
  }
  return place;
}

/** Silence, or a new session: one of those that this executor has and that are not lost with this fact. */
function lossOf(state: SchedulerState, { data }: RecordedFact<'executor.lost'>): SchedulerOffer {
  const { executor, session, reason } = data;
  if (reason === 'silent') return { ...NO_OFFER, silent: [{ executor, session }] };
  const known = [...(state.sessions.get(executor)?.keys() ?? [])];
  const living = known.find((one) => one !== session && !isLost(state, executor, one));
  return { ...NO_OFFER, fresh: [{ executor, session: living ?? NO_SESSION }] };
}

/** Stands for a session that holds no grants yet. */
const NO_SESSION = '' as ExecutorSession['session'];

function allows(state: SchedulerState, next: RecordedFact): boolean {
  if (next.type !== 'schedule.dispatched') return false;
  const call = callOf(state, next);
  const { executor, session, beside = [], attempt, argsDigest, query } = next.data;
  if (!call?.version || query || !isFirst(call) || !firstLane(call.lane.pool, next.at)?.version.spec.requires)
    return false;
  const on = [{ executor, session }, ...beside];
  return (
    call.argsDigest === argsDigest &&
    call.attempts + 1 === attempt &&
    (call.version.spec.requires?.nodes ?? 1) ===
      new Set(on.map((one) => `${one.executor}/${one.session}`)).size &&
    on.every((one) => !isLost(state, one.executor, one.session))
  );
}

function isFirst(call: Call): call is Call & { readonly lane: NonNullable<Call['lane']> } {
  const { lane, phase } = call;
  return phase.status === 'ready' && lane?.standsIn === lane?.home.lanes && lane?.calls.peek() === call;
}
