/**
 * Deadlines on a seeded campaign mix at 90 % load: calls of tools with their own durations, of one or several campaigns, with
 * deadlines from tight to loose. First come first served and plain earliest deadline first run everything; the core
 * refuses what it knows to be hopeless. What ends after its deadline, or is refused, is missed.
 */
import { Heap } from '@writ/contracts';
import { Machine } from './machine.ts';
import type { Job } from './machine.ts';
import { seeded } from './seeded.ts';

const SLOTS = 16;
const LOAD = 0.9;
/** So many that chance moves the misses of a mix by about two in a hundred of them. */
const CALLS = 100_000;
/** Mean seconds of each tool; runs of one tool differ by up to half of it in either direction. */
const TOOLS = [2, 5, 10, 30, 60, 120];

/** What a campaign asks for. */
interface Wishes {
  /** Of the whole machine. */
  readonly load: number;
  /** Deadlines are so many times the tool's mean run after the call was asked for. */
  readonly leastRoom: number;
  readonly mostRoom: number;
}

/** Shares of the calls that miss their deadline. */
export interface Missed {
  readonly seed: number;
  readonly fifo: number;
  readonly edf: number;
  /** The core, all calls being of one campaign, and of six in three projects, which have equal shares. */
  readonly one: number;
  readonly six: number;
}

/** The same calls in each order. */
export function misses(seed: number): Missed {
  const [one, six] = [1, 6].map((campaigns) => {
    const wishes = { load: LOAD / campaigns, leastRoom: 1.5, mostRoom: 8 };
    const all = Array.from({ length: campaigns }, () => wishes);
    return mix(seed, CALLS, all);
  }) as [Job[], Job[]];
  return {
    seed,
    fifo: sum(simulate(one, (a, b) => a.arrivesMs < b.arrivesMs)) / CALLS,
    edf: sum(simulate(one, (a, b) => dueAt(a) < dueAt(b))) / CALLS,
    one: sum(ours(one)) / CALLS,
    six: sum(ours(six)) / CALLS,
  };
}

/** Half again as much as the machine can do, four fifths of it asked for in a hurry by one campaign. */
const GREEDY: readonly Wishes[] = [
  { load: 1.2, leastRoom: 1.5, mostRoom: 3 },
  { load: 0.3, leastRoom: 1.5, mostRoom: 8 },
];

/** Shares of its calls that a modest campaign misses beside a greedy one. */
export function missesBesideGreedy(seed: number): { readonly edf: number; readonly writ: number } {
  const jobs = mix(seed, CALLS / 5, GREEDY);
  const modest = jobs.filter(({ campaign }) => campaign === 'c1').length;
  const [edf, writ] = [simulate(jobs, (a, b) => dueAt(a) < dueAt(b)), ours(jobs)];
  return { edf: (edf.get('c1') ?? 0) / modest, writ: (writ.get('c1') ?? 0) / modest };
}

/** Missed deadlines by campaign. */
type Misses = Map<string, number>;

function sum(missed: Misses): number {
  return [...missed.values()].reduce((all, count) => all + count, 0);
}

function dueAt({ deadlineMs = Infinity }: Job): number {
  return deadlineMs;
}

function mix(seed: number, calls: number, campaigns: readonly Wishes[]): Job[] {
  const random = seeded(seed);
  const meanSeconds = TOOLS.reduce((all, seconds) => all + seconds, 0) / TOOLS.length;
  const load = campaigns.reduce((all, one) => all + one.load, 0);
  const gapMs = (meanSeconds * 1_000) / (SLOTS * load);
  let now = 0;
  return Array.from({ length: calls }, (_, index) => {
    now += -Math.log(1 - random()) * gapMs;
    const tool = Math.floor(random() * TOOLS.length);
    const meanMs = (TOOLS[tool] as number) * 1_000;
    let left = random() * load;
    const campaign = campaigns.findIndex((one) => (left -= one.load) < 0);
    const { leastRoom, mostRoom } = campaigns.at(campaign) as Wishes;
    const arrivesMs = Math.round(now);
    return {
      id: `j${index}`,
      tool: `t${tool}`,
      project: `p${campaign % 3}`,
      campaign: `c${campaign}`,
      arrivesMs,
      runMs: Math.round(meanMs * (0.5 + random())),
      deadlineMs: Math.round(arrivesMs + meanMs * (leastRoom + random() * (mostRoom - leastRoom))),
    };
  });
}

function ours(jobs: readonly Job[]): Misses {
  const missed: Misses = new Map();
  const machine = new Machine(1, SLOTS, ({ job, endMs, refused }) => {
    if (refused || endMs > dueAt(job)) note(missed, job);
  });
  for (const [tool, seconds] of TOOLS.entries()) machine.tool(`t${tool}`, { timeoutSeconds: 3 * seconds });
  machine.run(jobs);
  return missed;
}

function simulate(jobs: readonly Job[], before: (a: Job, b: Job) => boolean): Misses {
  const queue = new Heap<Job>(before);
  const ends = new Heap<number>((a, b) => a < b);
  const missed: Misses = new Map();
  let next = 0;
  while (next < jobs.length || queue.size > 0) {
    const now = Math.min(jobs[next]?.arrivesMs ?? Infinity, ends.peek() ?? Infinity);
    while ((ends.peek() ?? Infinity) <= now) ends.pop();
    while ((jobs[next]?.arrivesMs ?? Infinity) <= now) queue.push(jobs[next++] as Job);
    while (ends.size < SLOTS && queue.size > 0) {
      const job = queue.pop() as Job;
      ends.push(now + job.runMs);
      if (now + job.runMs > dueAt(job)) note(missed, job);
    }
  }
  return missed;
}

function note(missed: Misses, { campaign = '' }: Job): void {
  missed.set(campaign, (missed.get(campaign) ?? 0) + 1);
}
