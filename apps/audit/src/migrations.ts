/**
 * The steps that make the tables, in code, so that a service brings its own schema. Kysely runs them under a session
 * advisory lock, so replicas that boot together do not run them twice.
 */
import { Migrator } from 'kysely/migration';
import type { Kysely } from 'kysely';
import type { Migration, MigrationProvider } from 'kysely/migration';
import { WritError, messageOf } from '@writ/contracts';
import { agentsTools } from './schema/agents-tools.ts';
import { byMonth } from './schema/by-month.ts';
import { rareStages } from './schema/rare-stages.ts';
import { readers } from './schema/readers.ts';
import { toolsFailures } from './schema/tools-failures.ts';
import { views } from './schema/views.ts';
import type { AuditTables } from './tables.ts';

const NOTHING: Migration = { up: () => Promise.resolve() };

const STEPS: MigrationProvider = {
  getMigrations: () =>
    Promise.resolve({
      // What databases hold that were made before: `byMonth` makes everything anew, from the ledger.
      '001-invocations': NOTHING,
      '002-narrow-rows': NOTHING,
      '003-raw-commits': NOTHING,
      '004-by-month': byMonth,
      '005-views': views,
      '006-readers': readers,
      '007-agents-tools': agentsTools,
      '008-rare-stages': rareStages,
      '009-tools-failures': toolsFailures,
    }),
};

/** Brings the schema up to this version. @throws WritError `migration-failed` with the step that failed. */
export async function migrate(db: Kysely<AuditTables>): Promise<void> {
  const migrator = new Migrator({ db, provider: STEPS, migrationTableSchema: 'audit' });
  const { error, results } = await migrator.migrateToLatest();
  if (error === undefined) return;
  const failed = results?.find(({ status }) => status === 'Error')?.migrationName ?? 'before the first step';
  throw new WritError(
    'migration-failed',
    `the audit schema could not be made (${failed}): ${messageOf(error)}`,
    {
      retryable: true,
      cause: error,
    },
  );
}
