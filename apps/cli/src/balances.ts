/** What the accounts of the tenant say. */
import { WritError, subjects } from '@writ/contracts';
import type { TenantId } from '@writ/contracts';
import type { Transport } from '@writ/sdk';
import { z } from 'zod';
import { decimal } from './fact-line.ts';
import { table } from './table.ts';
import type { Paint } from './terminal.ts';

/** Micro-units in decimal digits. */
const balance = z.object({
  account: z.string(),
  unit: z.string(),
  limit: z.string(),
  spent: z.string(),
  held: z.string(),
  free: z.string(),
});
const balancesReply = z.object({ balances: z.array(balance) });
export type Balance = z.infer<typeof balance>;

/** Amounts as decimal text of whole units. */
export async function readBalances(transport: Transport, tenant: TenantId): Promise<readonly Balance[]> {
  const reply = balancesReply.safeParse(
    await transport.query(subjects.api(tenant, 'budget', 'balances'), {}),
  );
  if (!reply.success) {
    throw new WritError(
      'query-failed',
      `the budget's balances cannot be read: ${z.prettifyError(reply.error)}`,
    );
  }
  return reply.data.balances.map(({ account, unit, limit, spent, held, free }) => ({
    account,
    unit,
    limit: decimal(limit),
    spent: decimal(spent),
    held: decimal(held),
    free: decimal(free),
  }));
}

export function balanceTable(balances: readonly Balance[], paint: Paint): string {
  const rows = balances.map(({ account, unit, limit, spent, held, free }) => [
    account,
    unit,
    limit,
    spent,
    held,
    Number(free) > 0 ? free : paint('red', free),
  ]);
  return table(['account', 'unit', 'limit', 'spent', 'held', 'free'], rows, paint);
}
