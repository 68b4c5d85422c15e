/** The process of the policy: its core on the ledger, one leader and hot standbys. */
import { DeciderTransport, runService } from '@writ/service';
import { PolicyModule } from './policy.module.ts';

await runService({ name: 'policy', module: PolicyModule, transport: DeciderTransport });
