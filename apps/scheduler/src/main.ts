/** The process of the scheduler: its core on the ledger and the pulls of the executors, one leader and hot standbys. */
import { DeciderTransport, runService } from '@writ/service';
import { SchedulerModule } from './scheduler.module.ts';

await runService({ name: 'scheduler', module: SchedulerModule, transport: DeciderTransport });
