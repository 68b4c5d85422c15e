/** `writ.<tenant>.api.budget.*`: what the accounts of the asking tenant say. */
import { Controller, Inject } from '@nestjs/common';
import { Ctx, NatsContext } from '@nestjs/microservices';
import { balances } from '@writ/budget';
import type { BudgetState } from '@writ/budget';
import { ApiCall, callingTenant, DeciderTransport } from '@writ/service';

/** One unit of one account; amounts are micro-units in decimal digits. */
interface BalanceReply {
  readonly account: string;
  readonly unit: string;
  readonly limit: string;
  readonly spent: string;
  readonly held: string;
  readonly free: string;
  readonly overrun: string;
}

@Controller()
export class BudgetApi {
  readonly #transport: DeciderTransport<BudgetState>;

  constructor(@Inject(DeciderTransport) transport: DeciderTransport<BudgetState>) {
    this.#transport = transport;
  }

  @ApiCall('budget', 'balances')
  balances(@Ctx() context: NatsContext): { readonly seen: number; readonly balances: BalanceReply[] } {
    const { host } = this.#transport;
    const all = balances(host.state, callingTenant(context));
    return {
      seen: host.seen,
      balances: all.map(({ account, unit, limit, spent, held, free, overrun }) => ({
        account,
        unit,
        limit: String(limit),
        spent: String(spent),
        held: String(held),
        free: String(free),
        overrun: String(overrun),
      })),
    };
  }
}
