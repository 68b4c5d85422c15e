/**
 * What still runs behind a breaker: a pause stops what waits, not what an executor has already. Only the scheduler's
 * leader is believed, and only once it has folded the operator's fact, because before that it could still grant.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { WritError, subjects } from '@writ/contracts';
import type { TenantId } from '@writ/contracts';
import type { Transport } from '@writ/sdk';
import { z } from 'zod';

const runningCall = z.object({
  tenant: z.string(),
  invocation: z.string(),
  tool: z.string(),
  executor: z.string(),
  attempt: z.number(),
  status: z.enum(['running', 'lost']),
});
export type RunningCall = z.infer<typeof runningCall>;

const runningReply = z.object({ seen: z.number(), leading: z.boolean(), running: z.array(runningCall) });

export interface StillRunning {
  readonly calls: readonly RunningCall[];
  readonly stopped: readonly RunningCall[];
}

const POLL_MS = 100;
const GIVE_UP_AFTER_MS = 10_000;

/**
 * The calls behind `scope` as the leader knows them, having folded the ledger up to `seq`.
 * @throws WritError `unavailable` when no leader has answered in time: then nobody knows what runs.
 */
export async function runningCalls(
  transport: Transport,
  tenant: TenantId,
  scope: string,
  seq: number,
): Promise<readonly RunningCall[]> {
  const giveUpAt = performance.now() + GIVE_UP_AFTER_MS;
  for (;;) {
    const answer = await transport
      .query(subjects.api(tenant, 'scheduler', 'running'), { scope })
      .catch(() => undefined);
    const reply = runningReply.safeParse(answer);
    if (reply.success && reply.data.leading && reply.data.seen >= seq) return reply.data.running;
    if (performance.now() > giveUpAt) {
      throw new WritError(
        'unavailable',
        `sequence ${seq} is recorded, but no leading scheduler has answered: it holds as soon as one leads, ` +
          'and what still runs is not known',
        { retryable: true },
      );
    }
    await delay(POLL_MS);
  }
}

/**
 * Tells of `first`, and then of every call that has stopped, until none runs or `interrupt` is aborted. A lost call is
 * not waited for: whether it still runs nobody can know from here.
 * @returns the calls that still run.
 */
export async function untilStopped(
  look: () => Promise<readonly RunningCall[]>,
  first: readonly RunningCall[],
  interrupt: AbortSignal,
  tell: (now: StillRunning) => void,
): Promise<readonly RunningCall[]> {
  let calls = first.filter(({ status }) => status === 'running');
  while (calls.length > 0 && !interrupt.aborted) {
    await delay(POLL_MS, undefined, { signal: interrupt }).catch(() => undefined);
    const running = new Set((await look()).filter(({ status }) => status === 'running').map(nameOf));
    const stopped = calls.filter((call) => !running.has(nameOf(call)));
    if (stopped.length === 0) continue;
    calls = calls.filter((call) => running.has(nameOf(call)));
    tell({ calls, stopped });
  }
  return calls;
}

function nameOf({ tenant, invocation, attempt }: RunningCall): string {
  return `${tenant}/${invocation}/${attempt}`;
}
