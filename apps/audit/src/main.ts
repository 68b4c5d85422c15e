/** Starts the audit service. */
import { runService } from '@writ/service';
import { AuditModule } from './audit.module.ts';
import { AuditTransport } from './audit-transport.ts';

/**
 * Most of what this service holds are bytes on their way to Postgres, which V8 counts as old: collected at each third of
 * growth, as other services are, it spent a third of its time on that. It costs 10 MB.
 */
const HEAP_GROWTH_PERCENT = 100;

await runService({
  name: 'audit',
  module: AuditModule,
  transport: AuditTransport,
  heapGrowthPercent: HEAP_GROWTH_PERCENT,
});
