/** The audit: projects the ledger into Postgres and answers from there. It decides nothing and delays nothing. */
import { Module } from '@nestjs/common';
import type { Kysely } from 'kysely';
import type { Ledger } from '@writ/ledger';
import { ConnectionModule, LEDGER, readConfig } from '@writ/service';
import { AUDIT_CONFIG, auditEnvironment } from './audit.config.ts';
import type { AuditConfig } from './audit.config.ts';
import { AuditApi } from './audit.api.ts';
import { AuditTransport } from './audit-transport.ts';
import { openDatabase } from './database.ts';
import { RecordExport } from './export.ts';
import { InvocationStatus } from './status.ts';
import type { AuditTables } from './tables.ts';

const DATABASE = Symbol('database');

@Module({
  imports: [ConnectionModule.forService('audit')],
  controllers: [AuditApi],
  providers: [
    { provide: AUDIT_CONFIG, useFactory: () => readConfig(auditEnvironment) },
    {
      provide: DATABASE,
      useFactory: (config: AuditConfig) => openDatabase(config.WRIT_POSTGRES_URL, () => undefined),
      inject: [AUDIT_CONFIG],
    },
    {
      provide: AuditTransport,
      useFactory: (ledger: Ledger, db: Kysely<AuditTables>, config: AuditConfig) =>
        new AuditTransport(ledger, db, config.WRIT_AUDIT_NICE),
      inject: [LEDGER, DATABASE, AUDIT_CONFIG],
    },
    {
      provide: InvocationStatus,
      useFactory: (db: Kysely<AuditTables>, { projection }: AuditTransport) =>
        new InvocationStatus(db, projection),
      inject: [DATABASE, AuditTransport],
    },
    {
      provide: RecordExport,
      useFactory: (db: Kysely<AuditTables>, ledger: Ledger, { projection }: AuditTransport) =>
        new RecordExport(db, ledger, projection),
      inject: [DATABASE, LEDGER, AuditTransport],
    },
  ],
})
export class AuditModule {}
