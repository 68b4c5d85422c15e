/** Databases inside one Postgres: a test file takes one of its own from the shared server and drops it at the end. */
import { randomUUID } from 'node:crypto';
import pg from 'pg';

export interface Database {
  readonly url: string;
  drop(): Promise<void>;
}

/** A new, empty database on the server of `url` (any database of it will do). */
export async function freshDatabase(url: string): Promise<Database> {
  const name = `writ_${randomUUID().replaceAll('-', '')}`;
  await execute(url, `create database ${name}`);
  const own = new URL(url);
  own.pathname = `/${name}`;
  return { url: own.href, drop: async () => execute(url, `drop database if exists ${name} with (force)`) };
}

async function execute(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
