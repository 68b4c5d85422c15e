import { DeciderTransport, runService } from '@writ/service';
import { PolicyModule } from './policy.module.ts';

await runService({ name: 'policy', module: PolicyModule, transport: DeciderTransport });
