/** `writ.<tenant>.api.budget.*`: what the accounts of the asking tenant say. */
import { Controller, Inject } from '@nestjs/common';
import { Ctx, NatsContext, Payload } from '@nestjs/microservices';
import { balances } from '@writ/budget';
import type { Balance, BudgetState } from '@writ/budget';
import { ApiCall, callingTenant, DeciderTransport, requestBody, TELEMETRY } from '@writ/service';
import type { Telemetry } from '@writ/telemetry';
import { z } from 'zod';
import { observeUtilisation } from './utilisation.ts';

/** `account`: only this one; an account without limits has no balances. */
const balancesRequest = z.object({ account: z.string().max(256).optional() });

/** A balance as it travels. */
type BalanceReply = {
  readonly [Name in keyof Balance]: Balance[Name] extends bigint | undefined ? string : Balance[Name];
};

@Controller()
export class BudgetApi {
  readonly #transport: DeciderTransport<BudgetState>;

  constructor(
    @Inject(DeciderTransport) transport: DeciderTransport<BudgetState>,
    @Inject(TELEMETRY) telemetry: Telemetry,
  ) {
    this.#transport = transport;
    observeUtilisation(telemetry.meter, () => transport.host.state);
  }

  /** Amounts are micro-units in decimal digits, because JSON has no integers of that size. */
  @ApiCall('budget', 'balances')
  balances(
    @Payload() body: unknown,
    @Ctx() context: NatsContext,
  ): { readonly seen: number; readonly balances: BalanceReply[] } {
    const { account } = requestBody(balancesRequest, body);
    const { host } = this.#transport;
    const all = balances(host.state, callingTenant(context), Date.now(), account);
    return { seen: host.seen, balances: all.map(replyOf) };
  }
}

function replyOf(balance: Balance): BalanceReply {
  const entries = Object.entries(balance).filter(([, value]) => value !== undefined);
  const written = entries.map(([name, value]) => [name, typeof value === 'bigint' ? String(value) : value]);
  return Object.fromEntries(written) as BalanceReply;
}
