/** Starts the executor service. */
import { runService } from '@writ/service';
import { ExecutorModule } from './executor.module.ts';

await runService({ name: 'executor', module: ExecutorModule });
