/** The process of the budget: its core on the ledger, one leader and hot standbys. */
import { DeciderTransport, runService } from '@writ/service';
import { BudgetModule } from './budget.module.ts';

await runService({ name: 'budget', module: BudgetModule, transport: DeciderTransport });
