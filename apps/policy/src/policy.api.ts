/** `writ.<tenant>.api.policy.*`: the catalog in force, the approvals that wait for people, and what people gave ahead. */
import { Controller, Inject } from '@nestjs/common';
import { Ctx, NatsContext } from '@nestjs/microservices';
import type { GatedState } from '@writ/decisions';
import { catalogView, givenAhead, openApprovals, unready } from '@writ/policy';
import type { CatalogView, GivenAhead, OpenApproval } from '@writ/policy';
import { ApiCall, callingTenant, DeciderTransport, Health, TELEMETRY } from '@writ/service';
import type { Telemetry } from '@writ/telemetry';
import { observeState } from './state-metrics.ts';

@Controller()
export class PolicyApi {
  readonly #transport: DeciderTransport<GatedState>;

  constructor(
    @Inject(DeciderTransport) transport: DeciderTransport<GatedState>,
    @Inject(Health) health: Health,
    @Inject(TELEMETRY) telemetry: Telemetry,
  ) {
    this.#transport = transport;
    observeState(telemetry.meter, () => transport.host.state.policy);
    health.add('policies', () => unready(transport.host.state.policy));
  }

  @ApiCall('policy', 'catalog')
  catalog(@Ctx() context: NatsContext): CatalogView {
    return catalogView(this.#transport.host.state.policy, callingTenant(context));
  }

  @ApiCall('policy', 'approvals')
  approvals(@Ctx() context: NatsContext): { readonly approvals: readonly OpenApproval[] } {
    return {
      approvals: openApprovals(this.#transport.host.state.policy, callingTenant(context), Date.now()),
    };
  }

  /** Standing grants and delegations in force. */
  @ApiCall('policy', 'given')
  given(@Ctx() context: NatsContext): GivenAhead {
    return givenAhead(this.#transport.host.state.policy, callingTenant(context), Date.now());
  }
}
