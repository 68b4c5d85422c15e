/** Everything that a suite has written anywhere, as text to be searched. */
import { readFile, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import pg from 'pg';
import type { TestSuite } from './suite.ts';

/** How every zstd frame begins. */
const ZSTD_MAGIC = 0xfd2fb528;

/** What every service measures. */
export async function metricsText(suite: TestSuite): Promise<string> {
  const services = Object.values(suite.connection.services);
  const texts = services.map(async ({ http }) => (await fetch(`${http}/metrics`)).text());
  return (await Promise.all(texts)).join('\n');
}

/** Every value of every table of Postgres. */
export async function databaseText(url: string): Promise<string> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    const tables = await client.query<{ name: string }>(
      `select format('%I.%I', table_schema, table_name) as name from information_schema.tables
       where table_schema not in ('pg_catalog', 'information_schema') and table_type = 'BASE TABLE'`,
    );
    const values: unknown[] = [];
    for (const { name } of tables.rows) {
      const { rows } = await client.query<Record<string, unknown>>(`select * from ${name}`);
      values.push(...rows.flatMap((row) => Object.values(row)));
    }
    return values.map(textOf).join('\n');
  } finally {
    await client.end();
  }
}

/** Bytes as they are, or as they were before they were compressed. */
function textOf(value: unknown): string {
  if (!Buffer.isBuffer(value)) return typeof value === 'string' ? value : JSON.stringify(value);
  const packed = value.length > 4 && value.readUInt32LE() === ZSTD_MAGIC;
  return (packed ? zstdDecompressSync(value) : value).toString('latin1');
}

/** Every byte below a folder: the ledger and the object store, or the logs. */
export async function filesBelow(folder: string): Promise<Buffer> {
  const names = await readdir(folder, { recursive: true });
  const parts: Buffer[] = [];
  for (const name of names) {
    const path = join(folder, name);
    if ((await stat(path)).isFile()) parts.push(await readFile(path));
  }
  return Buffer.concat(parts);
}
