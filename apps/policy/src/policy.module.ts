/** The policy service: the decider (policy and gate) on the ledger, what it lets flow on, its queries. Nothing is decided here. */
import { Module } from '@nestjs/common';
import { gatedPolicy } from '@writ/decisions';
import { ConnectionModule, DeciderModule } from '@writ/service';
import { FlowReleases } from './flow-releases.ts';
import { PolicyApi } from './policy.api.ts';
import { WorkflowApi } from './workflow.api.ts';

@Module({
  imports: [ConnectionModule.forService(gatedPolicy.name), DeciderModule.host(gatedPolicy)],
  controllers: [PolicyApi, WorkflowApi],
  providers: [FlowReleases],
})
export class PolicyModule {}
