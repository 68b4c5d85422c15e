/** What the accounts of the tenant say. */
import { WritError, subjects } from '@writ/contracts';
import type { TenantId } from '@writ/contracts';
import type { Transport } from '@writ/sdk';
import { z } from 'zod';
import { decimal } from './fact-line.ts';
import { table } from './table.ts';
import type { Paint } from './terminal.ts';

/** Micro-units in decimal digits, read as decimal text of whole units. */
const amount = z.string().transform(decimal);
const balance = z.object({
  account: z.string(),
  unit: z.string(),
  tool: z.string().optional(),
  window: z.string().optional(),
  limit: amount,
  softLimit: amount.optional(),
  spent: amount,
  held: amount,
  free: amount,
  overrun: amount.optional(),
  debt: amount.optional(),
  overdraft: amount.optional(),
  burnPerHour: amount.optional(),
  exhaustedAtMs: z.number().optional(),
  resetsAtMs: z.number().optional(),
});
const balancesReply = z.object({ balances: z.array(balance) });
export type Balance = z.infer<typeof balance>;

/** Of every account, or of one; amounts as decimal text of whole units. */
export async function readBalances(
  transport: Transport,
  tenant: TenantId,
  account?: string,
): Promise<readonly Balance[]> {
  const body = account === undefined ? {} : { account };
  const reply = balancesReply.safeParse(
    await transport.query(subjects.api(tenant, 'budget', 'balances'), body),
  );
  if (reply.success) return reply.data.balances;
  throw new WritError(
    'query-failed',
    `the budget's balances cannot be read: ${z.prettifyError(reply.error)}`,
  );
}

const HEAD = [
  'account',
  'unit',
  'window',
  'limit',
  'spent',
  'held',
  'free',
  'overdraft',
  'per hour',
  'empty',
];

export function balanceTable(balances: readonly Balance[], paint: Paint): string {
  const rows = balances.map((one) => [
    one.account,
    one.tool === undefined ? one.unit : `${one.unit} of ${one.tool}`,
    one.window ?? '',
    one.limit,
    withOverrun(one, paint),
    one.held,
    Number(one.free) > 0 ? one.free : paint('red', one.free),
    Number(one.overdraft ?? 0) > 0 ? paint('yellow', one.overdraft ?? '') : '',
    Number(one.burnPerHour ?? 0) > 0 ? rounded(one.burnPerHour ?? '') : '',
    one.exhaustedAtMs === undefined ? '' : minuteOf(one.exhaustedAtMs),
  ]);
  return table(HEAD, rows, paint);
}

/** `12 +3`: three were used beyond what was held. */
function withOverrun({ spent, overrun = '0' }: Balance, paint: Paint): string {
  return Number(overrun) > 0 ? `${spent} ${paint('red', `+${overrun}`)}` : spent;
}

/** A rate is an average: four digits say enough. */
function rounded(rate: string): string {
  return String(Number(Number(rate).toPrecision(4)));
}

function minuteOf(at: number): string {
  return new Date(at).toISOString().slice(0, 16).replace('T', ' ');
}
