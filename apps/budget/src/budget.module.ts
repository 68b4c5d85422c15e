/** The budget service: the decider on the ledger and its queries. Nothing is decided here. */
import { Module } from '@nestjs/common';
import { budget } from '@writ/budget';
import { ConnectionModule, DeciderModule } from '@writ/service';
import { BudgetApi } from './budget.api.ts';

@Module({
  imports: [ConnectionModule.forService(budget.name), DeciderModule.host(budget)],
  controllers: [BudgetApi],
})
export class BudgetModule {}
