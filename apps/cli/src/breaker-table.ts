/** Circuits as the scheduler tells them. */
import { WritError, subjects } from '@writ/contracts';
import type { TenantId } from '@writ/contracts';
import type { Transport } from '@writ/sdk';
import { z } from 'zod';
import { table } from './table.ts';
import type { Colour, Paint } from './terminal.ts';

const breaker = z.object({
  scope: z.string(),
  status: z.enum(['closed', 'open', 'half-open']),
  calls: z.number(),
  failures: z.number(),
  executors: z.number(),
  slow: z.number().optional(),
  untilMs: z.number().optional(),
  forced: z.object({ mode: z.string(), reason: z.string(), untilMs: z.number().optional() }).optional(),
});
export type BreakerState = z.infer<typeof breaker>;

const statusReply = z.object({ breakers: z.array(breaker) });

const COLOURS: Readonly<Record<string, Colour>> = { open: 'red', 'half-open': 'yellow', paused: 'red' };

export async function readBreakers(transport: Transport, tenant: TenantId): Promise<readonly BreakerState[]> {
  const reply = statusReply.safeParse(await transport.query(subjects.api(tenant, 'scheduler', 'status'), {}));
  if (reply.success) return reply.data.breakers;
  throw new WritError(
    'query-failed',
    `the scheduler's breakers cannot be read: ${z.prettifyError(reply.error)}`,
  );
}

export function breakerTable(breakers: readonly BreakerState[], paint: Paint): string {
  const rows = breakers.map(({ scope, status, calls, failures, slow, executors, untilMs, forced }) => {
    const state = forced ? `${forced.mode} (forced)` : status;
    const until = forced ? forced.untilMs : untilMs;
    return [
      scope,
      paint(COLOURS[forced?.mode ?? status] ?? 'green', state),
      `${failures} of ${calls}`,
      String(slow ?? 0),
      String(executors),
      until === undefined ? '' : new Date(until).toISOString(),
      forced?.reason ?? '',
    ];
  });
  return table(['scope', 'state', 'failed', 'slow', 'executors', 'until', 'reason'], rows, paint);
}
