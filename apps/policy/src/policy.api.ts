/** `writ.<tenant>.api.policy.*`: the catalog in force, the approvals that wait for people, and what people gave ahead. */
import { Controller, Inject } from '@nestjs/common';
import { Ctx, NatsContext } from '@nestjs/microservices';
import { catalogView, givenAhead, openApprovals } from '@writ/policy';
import type { CatalogView, GivenAhead, OpenApproval, PolicyState } from '@writ/policy';
import { ApiCall, callingTenant, DeciderTransport } from '@writ/service';

@Controller()
export class PolicyApi {
  readonly #transport: DeciderTransport<PolicyState>;

  constructor(@Inject(DeciderTransport) transport: DeciderTransport<PolicyState>) {
    this.#transport = transport;
  }

  @ApiCall('policy', 'catalog')
  catalog(@Ctx() context: NatsContext): CatalogView {
    return catalogView(this.#transport.host.state, callingTenant(context));
  }

  @ApiCall('policy', 'approvals')
  approvals(@Ctx() context: NatsContext): { readonly approvals: readonly OpenApproval[] } {
    return { approvals: openApprovals(this.#transport.host.state, callingTenant(context), Date.now()) };
  }

  /** Standing grants and delegations in force. */
  @ApiCall('policy', 'given')
  given(@Ctx() context: NatsContext): GivenAhead {
    return givenAhead(this.#transport.host.state, callingTenant(context), Date.now());
  }
}
