/**
 * A real Postgres of our own: listens on a free port of the loopback only, asks for a password, and throws its data
 * away unless they are to be kept. Works for root and for an ordinary user.
 */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chown, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { WritError } from '@writ/contracts';
import { freePort } from '../free-port.ts';
import { spawnGuarded } from '../process/guarded.ts';
import type { Guarded } from '../process/guarded.ts';
import { LogFile } from '../process/log-file.ts';
import { postgresAccount, postgresHome, publicTemporaryFolder } from './account.ts';
import type { Account } from './account.ts';
import { postgresBinaries } from './binaries.ts';
import type { PostgresBinaries } from './binaries.ts';

export interface PostgresOptions {
  /** Keeps the data below `.writ/postgres`, those of a name apart from the clone's own; else they are thrown away at the end. */
  readonly keep?: boolean | string;
  readonly logFile?: string;
  /** Names and values, as in `postgresql.conf`. */
  readonly settings?: Readonly<Record<string, string>>;
}

export interface PostgresServer {
  /** With user, password and the database `postgres`. */
  readonly url: string;
  readonly port: number;
  pid(): number;
  /** SIGKILL, as a crash would. */
  kill(): Promise<void>;
  /** Starts it again on the same port and data. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

const HOST = '127.0.0.1';
const START_WITHIN_MS = 30_000;

/** Tries on different ports, because another process may take a free port first. */
const TRIES = 3;

const SETTINGS = { listen_addresses: HOST, unix_socket_directories: '', max_connections: '200' };

/** Throw-away data need not survive a power loss. */
const CARELESS = { fsync: 'off', full_page_writes: 'off' };

export async function startPostgres(options: PostgresOptions = {}): Promise<PostgresServer> {
  const cluster = await prepare(options);
  let server: Guarded;
  let port = 0;
  for (let attempt = 1; ; attempt++) {
    port = await freePort();
    try {
      server = await run(cluster, port, options);
      break;
    } catch (error) {
      if (attempt === TRIES) throw error;
    }
  }
  return {
    url: `postgres://writ:${cluster.password}@${HOST}:${port}/postgres`,
    port,
    pid: () => server.pid,
    kill: async () => {
      server.signal('SIGKILL');
      await server.ended;
    },
    start: async () => {
      server = await run(cluster, port, options);
    },
    stop: async () => {
      await server.stop();
      if (!options.keep) await rm(cluster.home, { recursive: true, force: true });
    },
  };
}

interface Cluster {
  readonly account: Account | undefined;
  readonly binaries: PostgresBinaries;
  readonly home: string;
  readonly data: string;
  readonly password: string;
}

/** Makes the data folder unless it is there; it gets its final name only when it is whole. */
async function prepare(options: PostgresOptions): Promise<Cluster> {
  const account = await postgresAccount();
  const binaries = await postgresBinaries(account);
  const home = options.keep
    ? await kept(account, typeof options.keep === 'string' ? options.keep : 'cluster')
    : await mkdtemp(join(publicTemporaryFolder(account), 'writ-postgres-'));
  const secret = join(home, 'password');
  if (account) await chown(home, account.uid, account.gid);
  if (!existsSync(join(home, 'data'))) {
    const unfinished = join(home, 'unfinished');
    await rm(unfinished, { recursive: true, force: true });
    await writeFile(secret, randomBytes(18).toString('base64url'), { mode: 0o600 });
    if (account) await chown(secret, account.uid, account.gid);
    await initialise(binaries, account, unfinished, secret, options.keep ? [] : [home]);
    await rename(unfinished, join(home, 'data'));
  }
  return {
    account,
    binaries,
    home,
    data: join(home, 'data'),
    password: (await readFile(secret, 'utf8')).trim(),
  };
}

async function kept(account: Account | undefined, name: string): Promise<string> {
  const home = join(postgresHome(account), name);
  await mkdir(home, { recursive: true, mode: 0o700 });
  return home;
}

async function initialise(
  binaries: PostgresBinaries,
  account: Account | undefined,
  data: string,
  secret: string,
  remove: readonly string[],
): Promise<void> {
  const log = new LogFile(join(data, '..', 'initdb.log'));
  const flags = [
    '--username=writ',
    `--pwfile=${secret}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C',
  ];
  const initdb = await spawnGuarded(binaries.initdb, [`--pgdata=${data}`, '--no-sync', ...flags], {
    ...inside(data, account),
    output: log.descriptor,
    remove,
  });
  const { code } = await initdb.ended;
  log.close();
  if (code !== 0) throw new WritError('postgres-failed', `initdb ended with ${code}:\n${log.end()}`);
}

async function run(cluster: Cluster, port: number, options: PostgresOptions): Promise<Guarded> {
  const settings = {
    ...SETTINGS,
    ...(options.keep ? {} : CARELESS),
    ...options.settings,
    port: String(port),
  };
  const log = new LogFile(options.logFile ?? join(cluster.home, 'postgres.log'));
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const server = await spawnGuarded(cluster.binaries.postgres, ['-D', cluster.data, ...flags], {
    ...inside(cluster.data, cluster.account),
    output: log.descriptor,
    // Fast shutdown: open connections are ended, nothing is lost.
    stopSignal: 'SIGINT',
    remove: options.keep ? [] : [cluster.home],
  });
  log.close();
  await log.awaitLine(/database system is ready to accept connections/, server, START_WITHIN_MS);
  return server;
}

/** Where and as whom it runs: the guard's own folder may be closed to the account. */
function inside(data: string, account: Account | undefined): { cwd: string; account?: Account } {
  return { cwd: join(data, '..'), ...(account ? { account } : {}) };
}
