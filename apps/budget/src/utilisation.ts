/** How much of each limit is spent or held, whenever somebody looks; of several limits on one unit, the tightest. */
import { balances } from '@writ/budget';
import type { Balance, BudgetState } from '@writ/budget';
import { Attribute, FewLabels, Metric, observeGauge } from '@writ/telemetry';
import type { Meter } from '@writ/telemetry';

export function observeUtilisation(meter: Meter, state: () => BudgetState): void {
  const accounts = new FewLabels(Attribute.tenant, Attribute.account, Attribute.unit);
  observeGauge(meter, Metric.budgetUtilisation, Math.max, () =>
    [...state().tenants.keys()].flatMap((tenant) =>
      balances(state(), tenant, Date.now()).map(
        (balance) => [accounts.of(tenant, balance.account, balance.unit), utilisationOf(balance)] as const,
      ),
    ),
  );
}

/** A limit of nothing is used up. */
function utilisationOf({ limit, free }: Balance): number {
  return limit === 0n ? 1 : 1 - Number(free) / Number(limit);
}
