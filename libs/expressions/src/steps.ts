/**
 * The work of one evaluation, counted so that none can go on for ever: conditions see the arguments of
 * agents, and nested macros over long lists grow without bound. Evaluations never overlap, so one counter
 * serves them all.
 */
import { Fault } from './fault.ts';
import { BYTES_PER_STEP, MAX_STEPS } from './limits.ts';

let left = MAX_STEPS;

/** Begins a new evaluation. */
export function startSteps(): void {
  left = MAX_STEPS;
}

/** Counts some steps; faults when the evaluation has used up all that it may. */
export function countSteps(steps: number): void {
  left -= steps;
  if (left < 0) throw new Fault(`it would take more than ${MAX_STEPS} steps`);
}

/** Counts an operation that walks over so many characters or elements. */
export function countLength(length: number): void {
  countSteps(1 + length / BYTES_PER_STEP);
}
