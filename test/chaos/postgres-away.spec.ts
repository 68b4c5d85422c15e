/**
 * Postgres killed, full, emptied while calls run: governance does not notice, and in the end what is recorded is what the
 * stream says, commit by commit and row by row (`writ verify`).
 */
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GovernedToolExecutor } from '@writ/sdk';
import type { CallOutcome } from '@writ/sdk';
import { startPostgres } from '@writ/testkit';
import type { PostgresServer } from '@writ/testkit';
import { startTestSuite } from '../e2e/suite.ts';
import type { TestSuite } from '../e2e/suite.ts';

/** Calls in each of the states that Postgres is in. */
const CALLS = 50;
const PATIENCE = { timeout: 90_000, interval: 200 };
const GOVERNANCE = new URL('./governance', import.meta.url).pathname;

let postgres: PostgresServer;
let suite: TestSuite;
let executor: GovernedToolExecutor;

beforeAll(async () => {
  postgres = await startPostgres();
  suite = await startTestSuite({ postgresUrl: postgres.url });
  const applied = await suite.writ('apply', '-f', GOVERNANCE);
  expect(applied, applied.err).toMatchObject({ code: 0 });
  const { natsUrl, tenant, users } = suite.connection;
  executor = await GovernedToolExecutor.connect({ server: natsUrl, tenant, ...users.agent });
});

afterAll(async () => {
  await executor.close();
  await suite.stop();
  await postgres.stop();
});

async function inPostgres(...statements: readonly string[]): Promise<void> {
  const client = new pg.Client({ connectionString: postgres.url });
  await client.connect();
  for (const statement of statements) await client.query(statement);
  await client.end();
}

async function auditReady(): Promise<boolean> {
  return (await fetch(`${suite.connection.services['audit']?.http}/readyz`)).ok;
}

const outcomes: CallOutcome[] = [];

async function callsGoOn(): Promise<void> {
  const call = (_: unknown, index: number): Promise<CallOutcome> =>
    executor.run({ tool: 'echo', inputs: { text: String(index) } });
  outcomes.push(...(await Promise.all(Array.from({ length: CALLS }, call))));
}

/** Calls whose rows are as the stream says; undefined while something differs, or is not recorded yet. */
async function verifiedCalls(): Promise<number | undefined> {
  const { code, out } = await suite.writ('verify', '--json');
  return code === 0 ? (JSON.parse(out) as { rows: { checked: number } }).rows.checked : undefined;
}

describe('Postgres', () => {
  it('killed, full and emptied while calls run: no call fails, and nothing differs in the end', async () => {
    await callsGoOn();
    await postgres.kill();
    await callsGoOn();
    await expect.poll(auditReady, PATIENCE).toBe(false);
    await postgres.start();
    await expect.poll(auditReady, PATIENCE).toBe(true);
    await inPostgres(
      `create function no_room() returns trigger language plpgsql as $$
        begin raise exception 'No space left on device' using errcode = 'disk_full'; end $$`,
      'create trigger full_disk before insert on audit.invocations for each row execute function no_room()',
    );
    await callsGoOn();
    await expect.poll(auditReady, PATIENCE).toBe(false);
    await inPostgres('drop trigger full_disk on audit.invocations');
    await expect.poll(auditReady, PATIENCE).toBe(true);
    await Promise.all([callsGoOn(), inPostgres('truncate audit.invocations, audit.chunks')]);
    expect(outcomes.filter(({ status }) => status !== 'succeeded')).toEqual([]);
    await expect.poll(verifiedCalls, PATIENCE).toBe(outcomes.length);
  });
});
