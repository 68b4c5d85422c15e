/**
 * Deadlines on a seeded campaign mix at 90 % load: calls of tools with their own durations, of several campaigns, with
 * deadlines from tight to loose. First come first served and plain earliest deadline first run everything; the core
 * refuses what it knows to be hopeless. What ends after its deadline, or is refused, is missed.
 */
import { Heap } from '@writ/contracts';
import { Machine } from './machine.ts';
import type { Job } from './machine.ts';
import { seeded } from './seeded.ts';

const SLOTS = 16;
const LOAD = 0.9;
const JOBS = 20_000;
/** Mean seconds of each tool; runs of one tool differ by up to half of it in either direction. */
const TOOLS = [2, 5, 10, 30, 60, 120];
/** Deadlines are so many times the tool's mean run after the call was asked for. */
const LEAST_ROOM = 1.5;
const MOST_ROOM = 8;

export interface Missed {
  readonly campaigns: number;
  readonly seed: number;
  readonly fifo: number;
  readonly edf: number;
  readonly writ: number;
}

/**
 * Shares of the calls that miss their deadline. With several campaigns the core gives each its share before it looks at
 * deadlines, which the other two do not.
 */
export function misses(seed: number, campaigns: number): Missed {
  const jobs = campaignMix(seed, campaigns);
  const share = (missed: number): number => missed / jobs.length;
  return {
    campaigns,
    seed,
    fifo: share(simulate(jobs, (a, b) => a.arrivesMs < b.arrivesMs)),
    edf: share(simulate(jobs, (a, b) => (a.deadlineMs ?? 0) < (b.deadlineMs ?? 0))),
    writ: share(ours(jobs)),
  };
}

function campaignMix(seed: number, campaigns: number): Job[] {
  const random = seeded(seed);
  const meanSeconds = TOOLS.reduce((sum, seconds) => sum + seconds, 0) / TOOLS.length;
  const gapMs = (meanSeconds * 1_000) / (SLOTS * LOAD);
  let now = 0;
  return Array.from({ length: JOBS }, (_, index) => {
    now += -Math.log(1 - random()) * gapMs;
    const tool = Math.floor(random() * TOOLS.length);
    const meanMs = (TOOLS[tool] as number) * 1_000;
    const campaign = Math.floor(random() * campaigns);
    const arrivesMs = Math.round(now);
    return {
      id: `j${index}`,
      tool: `t${tool}`,
      project: `p${campaign % 3}`,
      campaign: `c${campaign}`,
      arrivesMs,
      runMs: Math.round(meanMs * (0.5 + random())),
      deadlineMs: Math.round(arrivesMs + meanMs * (LEAST_ROOM + random() * (MOST_ROOM - LEAST_ROOM))),
    };
  });
}

function ours(jobs: readonly Job[]): number {
  let missed = 0;
  const machine = new Machine(1, SLOTS, ({ job, endMs, refused }) => {
    if (refused || endMs > (job.deadlineMs ?? Infinity)) missed++;
  });
  for (const [tool, seconds] of TOOLS.entries()) machine.tool(`t${tool}`, { timeoutSeconds: 3 * seconds });
  machine.run(jobs);
  return missed;
}

function simulate(jobs: readonly Job[], before: (a: Job, b: Job) => boolean): number {
  const queue = new Heap<Job>(before);
  const ends = new Heap<number>((a, b) => a < b);
  let next = 0;
  let missed = 0;
  while (next < jobs.length || queue.size > 0) {
    const now = Math.min(jobs[next]?.arrivesMs ?? Infinity, ends.peek() ?? Infinity);
    while ((ends.peek() ?? Infinity) <= now) ends.pop();
    while ((jobs[next]?.arrivesMs ?? Infinity) <= now) queue.push(jobs[next++] as Job);
    while (ends.size < SLOTS && queue.size > 0) {
      const job = queue.pop() as Job;
      ends.push(now + job.runMs);
      if (now + job.runMs > (job.deadlineMs ?? Infinity)) missed++;
    }
  }
  return missed;
}
