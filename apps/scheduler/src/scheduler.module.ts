/** The scheduler service: the decider on the ledger, its dealings with executors, its queries. */
import { Module } from '@nestjs/common';
import { scheduler } from '@writ/scheduler';
import { ConnectionModule, DeciderModule, readConfig } from '@writ/service';
import { BreakerLogController } from './breaker-log.controller.ts';
import { Dispatcher } from './dispatcher.ts';
import { SchedulerApi } from './scheduler.api.ts';
import { SCHEDULER_CONFIG, schedulerEnvironment } from './scheduler.config.ts';

@Module({
  imports: [ConnectionModule.forService(scheduler.name), DeciderModule.host(scheduler)],
  controllers: [SchedulerApi, BreakerLogController],
  providers: [Dispatcher, { provide: SCHEDULER_CONFIG, useFactory: () => readConfig(schedulerEnvironment) }],
})
export class SchedulerModule {}
