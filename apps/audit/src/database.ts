/** The way to Postgres: a small pool whose idle connections may break at any time without taking the process down. */
import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import { CONNECT_TIMEOUT_MS, MAX_CONNECTIONS, QUERY_TIMEOUT_MS } from './limits.ts';
import type { AuditTables } from './tables.ts';

/** One pool, seen in two ways: queries are built, and the writer talks to its own connection (COPY). */
export interface Database {
  readonly db: Kysely<AuditTables>;
  readonly pool: pg.Pool;
}

/** Connects on first use. `onProblem` hears of connections that broke while nobody used them. */
export function openDatabase(url: string, onProblem: (error: unknown) => void): Database {
  const pool = new pg.Pool({
    connectionString: url,
    max: MAX_CONNECTIONS,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: QUERY_TIMEOUT_MS,
    query_timeout: QUERY_TIMEOUT_MS + CONNECT_TIMEOUT_MS,
    keepAlive: true,
    application_name: 'writ-audit',
  });
  pool.on('error', onProblem);
  // A connection that is in use reports through its query; without a listener its own event would end the process.
  pool.on('connect', (client) => client.on('error', () => undefined));
  return { db: new Kysely<AuditTables>({ dialect: new PostgresDialect({ pool }) }), pool };
}
