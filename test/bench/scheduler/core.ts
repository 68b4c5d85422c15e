/**
 * The scheduler's core alone, one thread: calls that wait, by the thousand to the million over 1,000 projects, and how
 * fast they are queued and granted. Every fact is folded by `evolve` and every grant asked of `react`, as the host does.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { digestOf, toolSpec } from '@writ/contracts';
import type { RecordedFact } from '@writ/contracts';
import { scheduler } from '@writ/scheduler';
import type { OfferedExecutor, SchedulerOffer } from '@writ/scheduler';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const PROJECTS = 1_000;
const BATCH = 1_000;

export interface CoreFigures {
  readonly calls: number;
  /** Microseconds for the three facts that queue a call, and for a grant with its fold. */
  readonly queuedUs: number;
  readonly grantedUs: number;
  readonly bytesPerCall: number;
}

export interface CoreOptions {
  readonly calls: number;
  /** Grants that are timed. */
  readonly grants: number;
  readonly projects?: number;
}

export function measureCore({ calls, grants, projects = PROJECTS }: CoreOptions): CoreFigures {
  const before = heapUsed();
  const state = scheduler.initial();
  const tool = toolSpec.parse({
    name: 'dock',
    class: 'READ_ONLY',
    adapter: { kind: 'module', module: 'dock.js' },
  });
  scheduler.evolve(state, fact('tool.registered', 'catalog', { tool }));
  let queuedMs = 0;
  for (let index = 0; index < calls; index += BATCH) {
    const facts = Array.from({ length: Math.min(BATCH, calls - index) }, (_, at) =>
      factsOf(index + at, projects),
    ).flat();
    const start = threadMs();
    for (const one of facts) scheduler.evolve(state, one);
    queuedMs += threadMs() - start;
  }
  const queuedUs = (queuedMs * 1_000) / calls;
  const bytesPerCall = (heapUsed() - before) / calls;
  const offer: SchedulerOffer = { executors: EXECUTORS, silent: [], fresh: [] };
  const granted = threadMs();
  let count = 0;
  while (count < grants) {
    for (const answer of scheduler.react(state, count, offer)) {
      scheduler.evolve(state, { ...answer, origin: 'schedule', seq: 0, at: count });
      count++;
    }
  }
  return { calls, queuedUs, grantedUs: ((threadMs() - granted) * 1_000) / count, bytesPerCall };
}

const EXECUTORS = Array.from({ length: 16 }, (_, index) => ({
  executor: `e${index}`,
  session: 's1',
  pool: 'default',
  slots: 1_000_000,
  labels: {},
})) as unknown as readonly OfferedExecutor[];

/** What three services write about one call, as it is parsed: asked for, allowed, paid for. */
function factsOf(index: number, projects: number): RecordedFact[] {
  const invocation = `0190a1b2-${index.toString(16).padStart(8, '0')}`;
  const inputs = { ligand: index };
  const argsDigest = digestOf(inputs);
  const calls = [{ invocation, tool: 'dock', inputs }];
  return [
    fact('tool.requested', 'ada', { calls, project: `project-${index % projects}`, priority: 'normal' }),
    fact('policy.decided', 'decisions', { invocation, verdict: 'allow', argsDigest, catalogRevision: 1 }),
    fact('budget.reserved', 'budget', { invocation, holds: [] }),
  ];
}

function fact(type: string, origin: string, data: unknown): RecordedFact {
  const parsed: unknown = JSON.parse(JSON.stringify(data));
  return { type, origin, tenant: 'lab', seq: 1, at: 0, data: parsed } as RecordedFact;
}

/** Time that this thread had a core: what else runs on the machine does not count. */
function threadMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}

function heapUsed(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}
