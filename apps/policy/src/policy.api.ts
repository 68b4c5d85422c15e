/** `writ.<tenant>.api.policy.*`: the catalog in force and the approvals that wait for people. */
import { Controller, Inject } from '@nestjs/common';
import { Ctx, NatsContext } from '@nestjs/microservices';
import { catalogView, openApprovals, unready } from '@writ/policy';
import type { CatalogView, OpenApproval, PolicyState } from '@writ/policy';
import { ApiCall, callingTenant, DeciderTransport, Health } from '@writ/service';

@Controller()
export class PolicyApi {
  readonly #transport: DeciderTransport<PolicyState>;

  constructor(
    @Inject(DeciderTransport) transport: DeciderTransport<PolicyState>,
    @Inject(Health) health: Health,
  ) {
    this.#transport = transport;
    health.add('policies', () => unready(transport.host.state));
  }

  @ApiCall('policy', 'catalog')
  catalog(@Ctx() context: NatsContext): CatalogView {
    return catalogView(this.#transport.host.state, callingTenant(context));
  }

  @ApiCall('policy', 'approvals')
  approvals(@Ctx() context: NatsContext): { readonly approvals: readonly OpenApproval[] } {
    return { approvals: openApprovals(this.#transport.host.state, callingTenant(context)) };
  }
}
