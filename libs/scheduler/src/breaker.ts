/**
 * Circuit breakers. The fold only counts what completed; every turn of a circuit is a fact with its evidence, so live
 * state is the fold of the log and a restart changes nothing. While half open, only probes of the present round are
 * judged: what was granted before says nothing about the recovery. What an operator forces lies over the circuit,
 * which waits beneath and goes on from where it was.
 */
import { ForcedMode, RunOutcome, compareText } from '@writ/contracts';
import type { BreakerSpec, EventData, Instant, Position } from '@writ/contracts';
import { countWindow, markOf, windowFor } from './window.ts';
import type { SavedWindow } from './window.ts';
import type { Breaker, Circuit } from './model.ts';

/** What a breaker wants of a queue: let its calls go, let them wait, or refuse them. */
export type Gate = 'pass' | 'wait' | 'refuse';

/** Failures of one tool on so many executors are the tool's; on one they may be the node's. */
const FEWEST_EXECUTORS = 2;

/** Slower than this is slow, unless the tool's own timeout is longer (resilience4j's default). */
const SLOW_SECONDS = 60;

/** A run that has ended, as breakers judge it. */
export type Run = Pick<
  EventData<'execution.completed'>,
  'outcome' | 'startedAtMs' | 'endedAtMs' | 'executor'
> & {
  readonly at: Instant;
  readonly seq: number;
  readonly timeoutSeconds: number;
};

/** Counts one finished run. Cancelled runs say nothing about it; `probe` is the round that the run was a probe of. */
export function record(breaker: Breaker, probe: number, run: Run): void {
  const { circuit, force, spec } = breaker;
  if (!breaker.watching || run.outcome === RunOutcome.cancelled || circuit.status === 'open') return;
  if (force !== undefined && force.mode !== ForcedMode.metricsOnly) return;
  if (circuit.status === 'half-open' && probe !== breaker.round) return;
  const slowMs = 1_000 * (spec.slowSeconds ?? Math.max(SLOW_SECONDS, run.timeoutSeconds));
  const slow = run.endedAtMs - run.startedAtMs > slowMs;
  breaker.seq = run.seq;
  circuit.window.add(markOf(run.outcome !== RunOutcome.succeeded, slow, run.executor), run.at);
}

/** The turn that the runs seen so far call for. That an open circuit is to be tried again is a matter of time. */
export function turnOwed({ circuit, spec, scope, force }: Breaker): 'open' | 'close' | undefined {
  if (circuit.status === 'open' || force !== undefined) return undefined;
  const { tally } = circuit.window;
  const { calls, failures, slow } = tally;
  if (circuit.status === 'half-open') {
    // Judged by all of its probes; reopened as soon as the rest of them cannot change that.
    const { permits } = circuit;
    if (failures / permits >= spec.failureRate || slow / permits >= spec.slowCallRate) return 'open';
    return calls >= permits ? 'close' : undefined;
  }
  const fewest =
    spec.windowSeconds === undefined ? Math.min(spec.minimumCalls, spec.window) : spec.minimumCalls;
  if (calls < fewest) return undefined;
  const executors = spec.minimumExecutors ?? (scope.startsWith('pool:') ? 1 : FEWEST_EXECUTORS);
  const failing = failures / calls >= spec.failureRate && tally.failedOn >= executors;
  return failing || (slow / calls >= spec.slowCallRate && tally.slowOn >= executors) ? 'open' : undefined;
}

/** What a breaker lets happen to the calls that wait behind it. */
export function gateOf(breaker: Breaker): Gate {
  const { circuit, force } = breaker;
  if (force !== undefined) {
    if (force.mode === ForcedMode.open) return 'refuse';
    return force.mode === ForcedMode.paused ? 'wait' : 'pass';
  }
  if (circuit.status === 'closed') return 'pass';
  if (circuit.status === 'open') return 'refuse';
  return permitsLeft(breaker) > 0 ? 'pass' : 'wait';
}

/** How many more calls may go through now. */
export function permitsLeft({ circuit, force }: Breaker): number {
  if (force !== undefined || circuit.status !== 'half-open') return Infinity;
  return Math.max(0, circuit.permits - circuit.probing - circuit.window.tally.calls);
}

/** Whether what is granted now is a probe of it. */
export function isProbing({ circuit, force }: Breaker): boolean {
  return circuit.status === 'half-open' && force === undefined;
}

/** New terms hold at once for a closed circuit, and for others from their next turn on. */
export function configure(breaker: Breaker, spec: BreakerSpec): void {
  breaker.spec = spec;
  breaker.watching = true;
  const { circuit } = breaker;
  if (circuit.status !== 'closed') return;
  breaker.circuit = { status: 'closed', window: windowFor(spec, circuit.window.save()) };
}

export function closedCircuit(spec: BreakerSpec): Circuit {
  return { status: 'closed', window: windowFor(spec) };
}

export function halfOpenCircuit(permits: number, seen?: SavedWindow): Circuit {
  return { status: 'half-open', permits, window: countWindow(permits, seen), probing: 0 };
}

/** Names a breaker in the cell. */
export function breakerKey({ tenant, scope }: Breaker): string {
  return `${tenant}/${scope}`;
}

/** A fixed order of breakers, for answers that hold several. */
export function byName(a: Breaker, b: Breaker): number {
  return compareText(a.tenant, b.tenant) || compareText(a.scope, b.scope);
}

/** Order in which open circuits are tried again. */
export function opensBefore(a: Breaker, b: Breaker): boolean {
  const difference = untilMs(a) - untilMs(b);
  return difference === 0 ? byName(a, b) < 0 : difference < 0;
}

/** Order in which what was forced for a time ends. */
export function forceEndsBefore(a: Breaker, b: Breaker): boolean {
  const difference = (a.force?.untilMs ?? Infinity) - (b.force?.untilMs ?? Infinity);
  return difference === 0 ? byName(a, b) < 0 : difference < 0;
}

/** Where a breaker stands in the heap of open ones. */
export const IN_OPEN: Position<Breaker> = {
  get: (breaker) => breaker.inOpen,
  set: (breaker, position) => {
    breaker.inOpen = position;
  },
};

/** Where a breaker stands in the heap of those that are forced for a time. */
export const IN_FORCED: Position<Breaker> = {
  get: (breaker) => breaker.inForced,
  set: (breaker, position) => {
    breaker.inForced = position;
  },
};

function untilMs({ circuit }: Breaker): number {
  return circuit.status === 'open' ? circuit.untilMs : Infinity;
}
