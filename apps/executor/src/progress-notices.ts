/**
 * Progress of a running call, told to its agent as a notice: core NATS, stored nowhere, so it costs the ledger nothing
 * and may be lost. Bounded in size and rate; what comes too soon after the last note is left out.
 */
import type { Grant } from '@writ/contracts';
import { LONGEST_PROGRESS_BYTES, PROGRESS_EVERY_MS } from './limits.ts';
import type { ExecutorPorts } from './ports.ts';

/** Tells the agent of a grant how far its call is. Never throws. */
export function progressTo(
  ports: Pick<ExecutorPorts, 'notify' | 'now'>,
  { tenant, agent, invocation, attempt, fencingToken }: Grant,
): (note: unknown) => void {
  let lastAt = Number.NEGATIVE_INFINITY;
  let notes = 0;
  return (note) => {
    const at = performance.now();
    if (at - lastAt < PROGRESS_EVERY_MS) return;
    const text = JSON.stringify(note) as string | undefined;
    if (text === undefined || text.length > LONGEST_PROGRESS_BYTES) return;
    lastAt = at;
    const event = {
      specversion: '1.0',
      id: `${fencingToken}-${++notes}`,
      source: 'writ/executor',
      type: 'execution.progress',
      time: new Date(ports.now()).toISOString(),
      data: { invocation, attempt, note },
    };
    ports.notify(tenant, agent, Buffer.from(JSON.stringify([event])));
  };
}
