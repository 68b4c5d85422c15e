/**
 * Circuit breakers, scope `tool:<name>` within one tenant: a plain failure rate over a window of the latest runs. The
 * fold only counts; every turn of a circuit is a fact with its evidence, so a restart changes nothing. While half
 * open, only probes of the present round are judged: what was granted before says nothing about the recovery.
 */
import { RunOutcome, compareText } from '@writ/contracts';
import type {
  BreakerSpec,
  EventData,
  ExecutorId,
  Instant,
  Position,
  TenantId,
  ToolName,
} from '@writ/contracts';
import type { Lane } from './queue.ts';

export type Evidence = EventData<'breaker.opened'>['evidence'];

export type Circuit =
  | { readonly status: 'closed'; readonly window: Window }
  | { readonly status: 'open'; readonly untilMs: Instant; readonly evidence: Evidence }
  | { readonly status: 'half-open'; readonly permits: number; readonly window: Window; probing: number };

export interface Breaker {
  readonly tenant: TenantId;
  readonly tool: ToolName;
  spec: BreakerSpec;
  circuit: Circuit;
  /** Times it has been half open; 0 is no round. */
  round: number;
  /** The queues of its tool, one in each pool that a version of the tool names. */
  readonly lanes: Set<Lane>;
  inOpen: number;
}

/** The latest runs, oldest overwritten first: the executor for a failure, null for a success. */
export class Window {
  readonly #runs: (ExecutorId | null)[] = [];
  readonly #failuresOf = new Map<ExecutorId, number>();
  readonly #size: number;
  #next = 0;
  #failures = 0;

  constructor(size: number) {
    this.#size = size;
  }

  get calls(): number {
    return this.#runs.length;
  }

  get failures(): number {
    return this.#failures;
  }

  /** `executors` counts those on which the failures happened. */
  evidence(): Evidence {
    return { calls: this.calls, failures: this.#failures, executors: this.#failuresOf.size };
  }

  add(failedOn: ExecutorId | null): void {
    const dropped = this.#runs.length === this.#size ? this.#runs[this.#next] : null;
    if (dropped) this.#count(dropped, -1);
    if (failedOn !== null) this.#count(failedOn, 1);
    this.#runs[this.#next] = failedOn;
    this.#next = (this.#next + 1) % this.#size;
  }

  /** The runs, oldest first. */
  runs(): readonly (ExecutorId | null)[] {
    if (this.#runs.length < this.#size) return this.#runs;
    return [...this.#runs.slice(this.#next), ...this.#runs.slice(0, this.#next)];
  }

  #count(executor: ExecutorId, by: number): void {
    this.#failures += by;
    const count = (this.#failuresOf.get(executor) ?? 0) + by;
    if (count === 0) this.#failuresOf.delete(executor);
    else this.#failuresOf.set(executor, count);
  }
}

/** A window of `size` that has seen `runs`. */
export function windowOf(size: number, runs: readonly (ExecutorId | null)[] = []): Window {
  const window = new Window(size);
  for (const run of runs.slice(-size)) window.add(run);
  return window;
}

/** Counts one finished run of the tool. Cancelled runs say nothing about it. */
export function record(breaker: Breaker, probe: number, executor: ExecutorId, outcome: RunOutcome): void {
  const { circuit } = breaker;
  if (outcome === RunOutcome.cancelled || circuit.status === 'open') return;
  if (circuit.status === 'half-open' && probe !== breaker.round) return;
  circuit.window.add(outcome === RunOutcome.succeeded ? null : executor);
}

/** The turn that the runs seen so far call for. That an open circuit is to be tried again is a matter of time. */
export function turnOwed({ circuit, spec }: Breaker): 'open' | 'close' | undefined {
  if (circuit.status === 'open') return undefined;
  const { calls, failures } = circuit.window;
  if (circuit.status === 'half-open') {
    if (failures > 0) return 'open';
    return calls >= circuit.permits ? 'close' : undefined;
  }
  const enough = calls >= Math.min(spec.minimumCalls, spec.window);
  return enough && failures / calls >= spec.failureRate ? 'open' : undefined;
}

/** How many more calls the circuit lets through now. */
export function permitsLeft({ circuit }: Breaker): number {
  if (circuit.status === 'open') return 0;
  if (circuit.status === 'closed') return Infinity;
  return Math.max(0, circuit.permits - circuit.probing - circuit.window.calls);
}

/** New terms hold at once for a closed circuit, and for others from their next turn on. */
export function configure(breaker: Breaker, spec: BreakerSpec): void {
  breaker.spec = spec;
  const { circuit } = breaker;
  if (circuit.status !== 'closed') return;
  breaker.circuit = { status: 'closed', window: windowOf(spec.window, circuit.window.runs()) };
}

export function scopeOf(breaker: Breaker): string {
  return `tool:${breaker.tool}`;
}

/** The tool that a scope names; undefined for a scope of another kind. */
export function toolOfScope(scope: string): ToolName | undefined {
  return scope.startsWith('tool:') ? (scope.slice('tool:'.length) as ToolName) : undefined;
}

/** A fixed order of breakers, for answers that hold several. */
export function byName(a: Breaker, b: Breaker): number {
  return compareText(a.tenant, b.tenant) || compareText(a.tool, b.tool);
}

/** Order in which open circuits are tried again. */
export function opensBefore(a: Breaker, b: Breaker): boolean {
  const difference = untilMs(a) - untilMs(b);
  return difference === 0 ? byName(a, b) < 0 : difference < 0;
}

/** Where a breaker stands in the heap of open ones. */
export const IN_OPEN: Position<Breaker> = {
  get: (breaker) => breaker.inOpen,
  set: (breaker, position) => {
    breaker.inOpen = position;
  },
};

function untilMs({ circuit }: Breaker): number {
  return circuit.status === 'open' ? circuit.untilMs : Infinity;
}
