/**
 * A trace of parallel jobs (Lublin and Feitelson's model, 256 nodes, Standard Workload Format) in simulated time: first
 * come first served, shortest first, EASY backfill, and the real core. Run times are known to all of them beforehand.
 */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { Machine } from './machine.ts';
import type { Ended } from './machine.ts';

const TRACE = fileURLToPath(new URL('../../../../shared/data/lublin-256.swf.gz', import.meta.url));
const NODES = 256;
/** Jobs shorter than this count as this long, so that a wait of a second is no slowdown of ten. */
const SHORT_SECONDS = 10;
/** The longest job has to fit into the longest timeout that a tool may have: all times are halved. */
const SPEED = 2;

export interface TraceJob {
  readonly number: number;
  readonly submit: number;
  readonly run: number;
  readonly nodes: number;
}

export interface TraceFigures {
  readonly policy: string;
  /** Mean bounded slowdown. */
  readonly slowdown: number;
  readonly meanWaitSeconds: number;
  /** Share of all node-seconds between the first submission and the last end. */
  readonly utilisation: number;
}

/** The jobs of the trace; nothing when it is not there. */
export async function readTrace(path: string = TRACE): Promise<readonly TraceJob[] | undefined> {
  const packed = await readFile(path).catch(() => undefined);
  if (!packed) return undefined;
  const rows = gunzipSync(packed)
    .toString()
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith(';'))
    .map((line) => line.trim().split(/\s+/).map(Number));
  return rows
    .map(([number = 0, submit = 0, , run = 0, nodes = 0]) => ({ number, submit, run, nodes }))
    .filter(({ run, nodes }) => run > 0 && nodes > 0 && nodes <= NODES);
}

export function compare(jobs: readonly TraceJob[]): TraceFigures[] {
  return [
    figures('first come', jobs, simulate(jobs, bySubmit, false)),
    figures('shortest first', jobs, simulate(jobs, byRun, false)),
    figures('EASY backfill', jobs, simulate(jobs, bySubmit, true)),
    figures('writ', jobs, ours(jobs)),
  ];
}

/** Start of each job by its number. */
type Starts = ReadonlyMap<number, number>;

function figures(policy: string, jobs: readonly TraceJob[], starts: Starts): TraceFigures {
  const startOf = ({ number }: TraceJob): number => starts.get(number) ?? Infinity;
  const waits = jobs.map((job) => startOf(job) - job.submit);
  const slowdowns = jobs.map(({ run }, index) =>
    Math.max(1, ((waits[index] as number) + run) / Math.max(run, SHORT_SECONDS)),
  );
  const work = jobs.reduce((sum, { run, nodes }) => sum + run * nodes, 0);
  const first = Math.min(...jobs.map(({ submit }) => submit));
  const last = Math.max(...jobs.map((job) => startOf(job) + job.run));
  return {
    policy,
    slowdown: mean(slowdowns),
    meanWaitSeconds: mean(waits),
    utilisation: work / (NODES * (last - first)),
  };
}

function ours(jobs: readonly TraceJob[]): Starts {
  const starts = new Map<number, number>();
  const machine = new Machine(NODES, 1, ({ job, startMs }: Ended) =>
    starts.set(Number(job.id.slice(1)), (startMs * SPEED) / 1_000),
  );
  for (const { number, run, nodes } of jobs)
    machine.tool(`t${number}`, { nodes, timeoutSeconds: run / SPEED });
  machine.run(
    jobs.map(({ number, submit, run }) => ({
      id: `j${number}`,
      tool: `t${number}`,
      arrivesMs: (submit * 1_000) / SPEED,
      runMs: (run * 1_000) / SPEED,
    })),
  );
  return starts;
}

interface Started {
  readonly end: number;
  readonly nodes: number;
}

/** Starts the first job of the order whenever it fits; with `backfill` also later ones that do not delay it. */
function simulate(
  jobs: readonly TraceJob[],
  order: (a: TraceJob, b: TraceJob) => number,
  backfill: boolean,
): Starts {
  const starts = new Map<number, number>();
  const queue: TraceJob[] = [];
  let running: Started[] = [];
  let next = 0;
  let free = NODES;
  while (next < jobs.length || queue.length > 0) {
    const now = Math.min(jobs[next]?.submit ?? Infinity, ...running.map(({ end }) => end));
    for (const { nodes } of running.filter(({ end }) => end <= now)) free += nodes;
    running = running.filter(({ end }) => end > now);
    while (jobs[next] && (jobs[next] as TraceJob).submit <= now) queue.push(jobs[next++] as TraceJob);
    queue.sort(order);
    const start = (job: TraceJob): void => {
      starts.set(job.number, now);
      free -= job.nodes;
      running.push({ end: now + job.run, nodes: job.nodes });
      queue.splice(queue.indexOf(job), 1);
    };
    while (queue[0] && queue[0].nodes <= free) start(queue[0]);
    const [head, ...rest] = queue;
    if (!head || !backfill) continue;
    const reserved = reservation(head, running, free);
    let { spare } = reserved;
    for (const job of rest) {
      const inTime = now + job.run <= reserved.shadow;
      if (job.nodes > free || (!inTime && job.nodes > spare)) continue;
      if (!inTime) spare -= job.nodes;
      start(job);
    }
  }
  return starts;
}

/** When the first job can start at the latest, and the nodes that it leaves then. */
function reservation(
  head: TraceJob,
  running: readonly Started[],
  free: number,
): { shadow: number; spare: number } {
  let nodes = free;
  for (const one of [...running].sort((a, b) => a.end - b.end)) {
    nodes += one.nodes;
    if (nodes >= head.nodes) return { shadow: one.end, spare: nodes - head.nodes };
  }
  return { shadow: Infinity, spare: nodes };
}

function bySubmit(a: TraceJob, b: TraceJob): number {
  return a.submit - b.submit || a.number - b.number;
}

function byRun(a: TraceJob, b: TraceJob): number {
  return a.run - b.run || bySubmit(a, b);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
