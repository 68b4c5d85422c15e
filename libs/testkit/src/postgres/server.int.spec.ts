import pg from 'pg';
import { describe, expect, inject, it } from 'vitest';
import { isAlive } from '../process/lock.ts';
import { freshDatabase } from './database.ts';
import { startPostgres } from './server.ts';

describe('the shared Postgres', () => {
  it('two fresh databases: what one holds the other does not', async () => {
    const [one, other] = await Promise.all([
      freshDatabase(inject('postgresUrl')),
      freshDatabase(inject('postgresUrl')),
    ]);
    await query(one.url, 'create table notes (text text)');
    expect(await query(other.url, `select to_regclass('notes') as found`)).toEqual([{ found: null }]);
    await Promise.all([one.drop(), other.drop()]);
    await expect(query(one.url, 'select 1')).rejects.toThrow(/does not exist/);
  });
});

describe('a Postgres of our own', () => {
  it('killed and started again: what was committed is still there; stopped: it is gone', async () => {
    const server = await startPostgres();
    await query(server.url, 'create table notes as select 7 as number');
    await server.kill();
    await server.start();
    expect(await query(server.url, 'select number from notes')).toEqual([{ number: 7 }]);
    const pid = server.pid();
    await server.stop();
    expect(isAlive(pid)).toBe(false);
  });
});

async function query(url: string, statement: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(statement)).rows;
  } finally {
    await client.end();
  }
}
