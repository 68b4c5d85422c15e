/** Breakers as JSON and back. Probes that run are counted again when their calls enter their phase. */
import type { BreakerSpec, Instant } from '@writ/contracts';
import { byName, halfOpenCircuit } from './breaker.ts';
import { windowFor } from './window.ts';
import type { Evidence, SavedWindow } from './window.ts';
import type { Breaker, Circuit, Force } from './model.ts';

type SavedCircuit =
  | { readonly status: 'closed'; readonly window: SavedWindow }
  | { readonly status: 'open'; readonly untilMs: Instant; readonly evidence: Evidence }
  | { readonly status: 'half-open'; readonly permits: number; readonly window: SavedWindow };

export interface SavedBreaker extends Pick<Breaker, 'scope' | 'spec' | 'watching' | 'round' | 'seq'> {
  readonly circuit: SavedCircuit;
  readonly force?: Omit<Force, 'untilMs'> & { readonly untilMs?: Instant };
}

export function saveBreakers(breakers: Iterable<Breaker>): SavedBreaker[] {
  return [...breakers].sort(byName).map(({ scope, spec, watching, round, seq, circuit, force }) => {
    const saved = { scope, spec, watching, round, seq, circuit: saveCircuit(circuit) };
    if (force === undefined) return saved;
    const { untilMs, ...said } = force;
    return { ...saved, force: { ...said, ...(untilMs === undefined ? {} : { untilMs }) } };
  });
}

/** Gives a new breaker what was saved of it. */
export function restoreBreaker(
  breaker: Breaker,
  { spec, watching, round, seq, circuit, force }: SavedBreaker,
): void {
  breaker.spec = spec;
  breaker.watching = watching;
  breaker.round = round;
  breaker.seq = seq;
  breaker.circuit = restoreCircuit(circuit, spec);
  breaker.force = force && { untilMs: undefined, ...force };
}

function saveCircuit(circuit: Circuit): SavedCircuit {
  if (circuit.status === 'open') return circuit;
  const window = circuit.window.save();
  if (circuit.status === 'closed') return { status: 'closed', window };
  return { status: 'half-open', permits: circuit.permits, window };
}

function restoreCircuit(saved: SavedCircuit, spec: BreakerSpec): Circuit {
  if (saved.status === 'open') return saved;
  if (saved.status === 'closed') return { status: 'closed', window: windowFor(spec, saved.window) };
  return halfOpenCircuit(saved.permits, saved.window);
}
