/** Starts the audit service. */
import { runService } from '@writ/service';
import { AuditModule } from './audit.module.ts';
import { AuditTransport } from './audit-transport.ts';

await runService({ name: 'audit', module: AuditModule, transport: AuditTransport });
