/** The audit: projects the ledger into Postgres and answers from there. It decides nothing and delays nothing. */
import { Module } from '@nestjs/common';
import type { Ledger } from '@writ/ledger';
import { ConnectionModule, LEDGER, TELEMETRY, readConfig } from '@writ/service';
import type { Telemetry } from '@writ/telemetry';
import { AUDIT_CONFIG, auditEnvironment } from './audit.config.ts';
import type { AuditConfig } from './audit.config.ts';
import { AuditApi } from './audit.api.ts';
import { AuditTransport } from './audit-transport.ts';
import { CircumstancesReader } from './circumstances.ts';
import { openDatabase } from './database.ts';
import type { Database } from './database.ts';
import { EventExport } from './event-export.ts';
import { RecordExport } from './export.ts';
import { LineageSearch } from './lineage.ts';
import { InvocationSearch } from './search.ts';
import { InvocationStatus } from './status.ts';
import { StoredChain } from './stored-chain.ts';
import { StoredRows } from './stored-rows.ts';
import { RecordReader } from './record-reader.ts';

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
      useFactory: (ledger: Ledger, database: Database, config: AuditConfig, telemetry: Telemetry) =>
        new AuditTransport(ledger, database, config.WRIT_AUDIT_NICE, telemetry),
      inject: [LEDGER, DATABASE, AUDIT_CONFIG, TELEMETRY],
    },
    {
      provide: RecordReader,
      useFactory: ({ db }: Database, { projection }: AuditTransport) => new RecordReader(db, projection),
      inject: [DATABASE, AuditTransport],
    },
    {
      provide: CircumstancesReader,
      useFactory: (ledger: Ledger) => new CircumstancesReader(ledger),
      inject: [LEDGER],
    },
    {
      provide: InvocationStatus,
      useFactory: ({ db }: Database, { projection }: AuditTransport, reader: RecordReader) =>
        new InvocationStatus(db, projection, reader),
      inject: [DATABASE, AuditTransport, RecordReader],
    },
    {
      provide: RecordExport,
      useFactory: (
        { db }: Database,
        ledger: Ledger,
        { projection }: AuditTransport,
        reader: RecordReader,
        circumstances: CircumstancesReader,
      ) => new RecordExport(db, ledger, projection, reader, circumstances),
      inject: [DATABASE, LEDGER, AuditTransport, RecordReader, CircumstancesReader],
    },
    {
      provide: EventExport,
      useFactory: ({ db }: Database, ledger: Ledger, { projection }: AuditTransport, reader: RecordReader) =>
        new EventExport(db, ledger, projection, reader),
      inject: [DATABASE, LEDGER, AuditTransport, RecordReader],
    },
    {
      provide: InvocationSearch,
      useFactory: (
        { db }: Database,
        ledger: Ledger,
        { projection }: AuditTransport,
        reader: RecordReader,
        circumstances: CircumstancesReader,
      ) => new InvocationSearch(db, ledger, projection, reader, circumstances),
      inject: [DATABASE, LEDGER, AuditTransport, RecordReader, CircumstancesReader],
    },
    {
      provide: LineageSearch,
      useFactory: ({ db }: Database, ledger: Ledger, { projection }: AuditTransport) =>
        new LineageSearch(db, ledger, projection),
      inject: [DATABASE, LEDGER, AuditTransport],
    },
    {
      provide: StoredRows,
      useFactory: ({ db }: Database, ledger: Ledger, { projection }: AuditTransport) =>
        new StoredRows(db, ledger, projection),
      inject: [DATABASE, LEDGER, AuditTransport],
    },
    {
      provide: StoredChain,
      useFactory: ({ db }: Database, ledger: Ledger, { projection }: AuditTransport) =>
        new StoredChain(db, ledger, projection),
      inject: [DATABASE, LEDGER, AuditTransport],
    },
  ],
})
export class AuditModule {}
