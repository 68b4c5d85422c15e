/**
 * A real nats-server of our own: on a free port, with a store that is thrown away unless a folder is given. It can be
 * killed and started again on the same port and store, which is what crash tests need.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '@nats-io/transport-node';
import type { NatsConnection } from '@nats-io/transport-node';
import { LogFile } from '../process/log-file.ts';
import { spawnGuarded } from '../process/guarded.ts';
import type { Guarded } from '../process/guarded.ts';
import { natsServerBinary } from './binary.ts';
import { natsConfig } from './config.ts';
import type { NatsConfig, NatsUser } from './config.ts';
import { inboxPrefix } from './inbox.ts';

export interface NatsOptions extends Partial<Omit<NatsConfig, 'host' | 'storeDir'>> {
  /** Keeps store, configuration and log below this folder; otherwise they are thrown away at the end. */
  readonly dir?: string;
  readonly logFile?: string;
}

export interface NatsServer {
  readonly url: string;
  readonly port: number;
  /** A client of a user of the configuration, or of anyone when there are no users; `stop` closes it. */
  connect(user?: Pick<NatsUser, 'user' | 'password'>): Promise<NatsConnection>;
  pid(): number;
  /** SIGKILL, as a crash would. Resolves when the process is gone. */
  kill(): Promise<void>;
  /** Starts it again on the same port and store. */
  start(): Promise<void>;
  /** Ends it and throws its data away unless they were to be kept. */
  stop(): Promise<void>;
}

const HOST = '127.0.0.1';
const START_WITHIN_MS = 20_000;

/** Clients come back soon after a restart, however often the server is killed. */
const RECONNECT = { maxReconnectAttempts: -1, reconnectTimeWait: 50, reconnectJitter: 0 };

export async function startNats(options: NatsOptions = {}): Promise<NatsServer> {
  const dir = options.dir ?? (await mkdtemp(join(tmpdir(), 'writ-nats-')));
  await mkdir(dir, { recursive: true });
  let port = options.port ?? -1;
  let server: Guarded;
  const start = async (): Promise<void> => {
    const config: NatsConfig = { ...options, host: HOST, port, storeDir: join(dir, 'store') };
    ({ server, port } = await run(config, dir, options));
  };
  await start();
  const clients: NatsConnection[] = [];
  return {
    url: `nats://${HOST}:${port}`,
    port,
    connect: async (user) => {
      const login = user && { user: user.user, pass: user.password, inboxPrefix: inboxPrefix(user.user) };
      const client = await connect({ servers: `${HOST}:${port}`, ...RECONNECT, ...login });
      clients.push(client);
      return client;
    },
    pid: () => server.pid,
    kill: async () => {
      server.signal('SIGKILL');
      await server.ended;
    },
    start,
    stop: async () => {
      await Promise.all(clients.map(async (client) => client.close()));
      await server.stop();
      if (options.dir === undefined) await rm(dir, { recursive: true, force: true });
    },
  };
}

async function run(
  config: NatsConfig,
  dir: string,
  options: NatsOptions,
): Promise<{ server: Guarded; port: number }> {
  const { path } = await natsServerBinary();
  const file = join(dir, 'nats-server.conf');
  await writeFile(file, natsConfig(config), { mode: 0o600 });
  const log = new LogFile(options.logFile ?? join(dir, 'nats-server.log'));
  const server = await spawnGuarded(path, ['--config', file], {
    output: log.descriptor,
    remove: options.dir === undefined ? [dir] : [],
  });
  log.close();
  // The line about the port comes before JetStream's recovery is over, "Server is ready" after it.
  await log.awaitLine(/Server is ready/, server, START_WITHIN_MS);
  const [, port] = await log.awaitLine(
    /Listening for client connections on \S+:(\d+)/,
    server,
    START_WITHIN_MS,
  );
  return { server, port: Number(port) };
}
