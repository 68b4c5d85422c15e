/** The executor: runs tools on this node. What may run is decided elsewhere. */
import { Module } from '@nestjs/common';
import { ConnectionModule, readConfig } from '@writ/service';
import { EXECUTOR_CONFIG, executorEnvironment } from './executor.config.ts';
import { ExecutorProcess } from './executor-process.ts';

@Module({
  imports: [ConnectionModule.forService('executor')],
  providers: [
    ExecutorProcess,
    { provide: EXECUTOR_CONFIG, useFactory: () => readConfig(executorEnvironment) },
  ],
})
export class ExecutorModule {}
