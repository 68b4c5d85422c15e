/**
 * Fair shares: projects that always have calls waiting, of very different durations, over ten half-lives of usage. What
 * is compared is what each really had of the machine, in node-seconds.
 */
import { Machine } from './machine.ts';
import { seeded } from './seeded.ts';

const HALF_LIFE_MS = 7 * 24 * 3_600_000;
const HALF_LIVES = 10;
const SLOTS = 64;
/** Calls that each project keeps waiting or running. */
const BACKLOG = 100;
/** Mean durations, in minutes, dealt to the projects in turn. */
const MINUTES = [10, 30, 60, 120, 240];

/** Node-seconds of each project, in the order of the shares. */
export function nodeSeconds(shares: readonly number[], seed: number): number[] {
  const random = seeded(seed);
  const used = shares.map(() => 0);
  let named = 0;
  const next = (project: number): void => {
    const mean = (MINUTES[project % MINUTES.length] as number) * 60_000;
    const runMs = Math.ceil(-Math.log(1 - random()) * mean);
    machine.submit({
      id: `c${named++}`,
      arrivesMs: machine.now,
      runMs,
      tool: `t${project}`,
      project: `p${project}`,
    });
  };
  const machine: Machine = new Machine(1, SLOTS, ({ job, startMs, endMs }) => {
    const project = Number(job.project?.slice(1));
    used[project] = (used[project] ?? 0) + (endMs - startMs) / 1_000;
    next(project);
  });
  for (const project of shares.keys()) machine.tool(`t${project}`);
  machine.shares(Object.fromEntries(shares.map((share, project) => [`p${project}`, share])));
  for (const project of shares.keys()) for (let call = 0; call < BACKLOG; call++) next(project);
  machine.run([], HALF_LIVES * HALF_LIFE_MS);
  return used;
}

/** Jain's index: 1 when all have the same, 1/n when one has everything. */
export function jain(values: readonly number[]): number {
  const sum = values.reduce((total, value) => total + value, 0);
  return sum ** 2 / (values.length * values.reduce((total, value) => total + value ** 2, 0));
}
