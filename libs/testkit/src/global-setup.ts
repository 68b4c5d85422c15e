/** Once before the integration project: the nats-server binary is there, and one Postgres is shared by all files. */
import type { TestProject } from 'vitest/node';
import { natsServerBinary } from './nats/binary.ts';
import { startPostgres } from './postgres/server.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Path of the nats-server binary. */
    readonly natsServer: string;
    /** The shared Postgres; take a `freshDatabase` of it. */
    readonly postgresUrl: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const nats = await natsServerBinary((line) => console.log(line));
  project.provide('natsServer', nats.path);
  const given = process.env['WRIT_POSTGRES_URL'];
  if (given) {
    project.provide('postgresUrl', given);
    return async () => {};
  }
  const postgres = await startPostgres();
  project.provide('postgresUrl', postgres.url);
  return async () => postgres.stop();
}
