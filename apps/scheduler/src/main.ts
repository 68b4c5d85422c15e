import { DeciderTransport, runService } from '@writ/service';
import { SchedulerModule } from './scheduler.module.ts';

await runService({ name: 'scheduler', module: SchedulerModule, transport: DeciderTransport });
