/** Progress for a person: one line a step, with the time it took. */

/** Width of a step's name; its time stands behind it. */
const NAME_WIDTH = 52;

/** Runs a step and tells how long it took. What the step says meanwhile comes before its own line. */
export async function step<T>(name: string, work: (say: (line: string) => void) => Promise<T>): Promise<T> {
  const start = performance.now();
  const done = await work((line) => console.log(`  ${line}`));
  console.log(`  ${name.padEnd(NAME_WIDTH)} ${seconds(start).padStart(7)}`);
  return done;
}

/** The time since `start` (from `performance.now()`): "1.2 s". */
export function seconds(start: number): string {
  return `${((performance.now() - start) / 1000).toFixed(1)} s`;
}
