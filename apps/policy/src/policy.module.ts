/** The policy service: the decider on the ledger and its queries. Nothing is decided here. */
import { Module } from '@nestjs/common';
import { policy } from '@writ/policy';
import { ConnectionModule, DeciderModule } from '@writ/service';
import { PolicyApi } from './policy.api.ts';

@Module({
  imports: [ConnectionModule.forService(policy.name), DeciderModule.host(policy)],
  controllers: [PolicyApi],
})
export class PolicyModule {}
