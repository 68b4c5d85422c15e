/** `writ give-back`: tells the budget that storage is free again. It deletes nothing: say it once that is done. */
import { EVENT_SCHEMAS, MICROS_PER_UNIT, WritError, subjects } from '@writ/contracts';
import type { Fact, TenantId } from '@writ/contracts';
import { appendResolved } from '@writ/ledger';
import type { Ledger } from '@writ/ledger';
import { z } from 'zod';
import { commitsOf } from './commit.ts';

export interface GiveBackOptions {
  /** Digest of an output that is no longer in the payload store. */
  readonly payload?: string;
  /** Bytes outside of Writ, which tools reported as usage of these accounts. */
  readonly bytes?: string;
  readonly project?: string;
  readonly campaign?: string;
  readonly expired?: boolean;
}

/** Publishes the fact; the ledger sequence at which it stands. */
export async function giveBack(
  ledger: Ledger,
  tenant: TenantId,
  options: GiveBackOptions,
): Promise<{ readonly fact: Fact['type']; readonly seq: number }> {
  const fact = factOf(tenant, options);
  const [commit] = commitsOf([fact], 'writ/operator', new Date());
  const { id, data } = commit as NonNullable<typeof commit>;
  const result = await appendResolved(ledger, { subject: subjects.catalog(tenant), data, id });
  if (result.status === 'committed') return { fact: fact.type, seq: result.seq };
  throw new WritError('catalog-contended', 'the ledger did not take the fact; run it again', {
    retryable: true,
  });
}

function factOf(tenant: TenantId, { payload, bytes, project, campaign, expired }: GiveBackOptions): Fact {
  const reason = expired ? 'expired' : 'deleted';
  if ((payload === undefined) === (bytes === undefined))
    throw new WritError('usage', 'name either --payload <digest> or --bytes <count> with --project');
  const read = <T>(schema: z.ZodType<T>, data: unknown): T => {
    const parsed = schema.safeParse(data);
    if (parsed.success) return parsed.data;
    throw new WritError('usage', z.prettifyError(parsed.error));
  };
  if (payload !== undefined) {
    const data = read(EVENT_SCHEMAS['payload.removed'], { digest: payload, reason });
    return { type: 'payload.removed', tenant, data };
  }
  const amount = /^\d{1,15}$/.test(bytes ?? '') ? String(BigInt(bytes ?? '') * MICROS_PER_UNIT) : bytes;
  const data = read(EVENT_SCHEMAS['storage.returned'], { project, campaign, amount, reason });
  return { type: 'storage.returned', tenant, data };
}
