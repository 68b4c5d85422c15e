/**
 * The whole suite on this machine: nats-server with users, Postgres, the ledger, and services as processes of their
 * own. `npm start` runs it below `.writ/`; end-to-end, crash and load tests run it in a folder of their own. Nothing of
 * it outlives this process.
 */
import { join } from 'node:path';
import { WritError } from '@writ/contracts';
import type { AgentId, TenantId } from '@writ/contracts';
import { connectNats, ensureLedger } from '@writ/ledger';
import { REPOSITORY, familyOf, giveWay, natsServerBinary, startNats, startPostgres } from '@writ/testkit';
import type { NatsServer, NatsUser, PostgresServer } from '@writ/testkit';
import { usersOf } from '../nats/config.ts';
import { CELL_PRINCIPALS, SERVICES, userOf } from '../nats/principals.ts';
import type { Principal, ServiceName } from '../nats/principals.ts';
import { removeConnection, writeConnection } from './connection.ts';
import type { Connection, Login } from './connection.ts';
import { ServiceProcess } from './service-process.ts';
import { leaveFolder, noteServers, takeFolder } from './suite-folder.ts';

/** Runs one piece of the start and tells about it. */
export type Step = <T>(name: string, work: (say: (line: string) => void) => Promise<T>) => Promise<T>;

export interface SuiteOptions {
  /** State, logs and connection.json. Named `.writ`, the CLI and the SDK find it from the folder above. */
  readonly dir: string;
  /** All five by default. */
  readonly services?: readonly ServiceName[];
  readonly tenant?: string;
  readonly agent?: string;
  readonly approver?: string;
  /** Further users: agents of other tenants, more executors. */
  readonly principals?: readonly Principal[];
  /** Servers that run already; no users are made there, `login` is used for everyone. */
  readonly natsUrl?: string;
  readonly postgresUrl?: string;
  readonly login?: Login;
  /** Folder of the apps that are started; this clone's by default. */
  readonly apps?: string | undefined;
  /** Keeps Postgres' data in this clone's `.writ/postgres`. */
  readonly keepPostgres?: boolean;
  /** Bytes that the ledger may take; unlimited by default. */
  readonly maxLedgerBytes?: number;
  /** Added to every service's environment. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly step?: Step;
  readonly say?: (line: string) => void;
}

export interface Suite {
  readonly connection: Connection;
  /** Undefined when a running server is used. */
  readonly nats: NatsServer | undefined;
  readonly postgres: PostgresServer | undefined;
  /** How a principal logs in. */
  login(principal: Principal): Login;
  readonly pid: (service: ServiceName) => number | undefined;
  /** SIGKILL; it stays down until `restart`. */
  kill(service: ServiceName): Promise<void>;
  /** Resolves when it is ready again; with `apps`, the folder of another release's apps, it is that release's from then on. */
  restart(service: ServiceName, apps?: string): Promise<void>;
  stop(): Promise<void>;
}

const DEFAULTS = { tenant: 'lab', agent: 'screening', approver: 'demo' };

/** As the audit's own default, `WRIT_AUDIT_NICE`. */
const RECORDING_NICENESS = 15;

const silently: Step = async (_name, work) => work(() => {});

/** @throws what went wrong, after everything that was started already has been stopped again */
export async function startSuite(options: SuiteOptions): Promise<Suite> {
  await takeFolder(options.dir);
  // Of a suite that was killed here.
  removeConnection(options.dir);
  await using starting = new AsyncDisposableStack();
  starting.defer(() => leaveFolder(options.dir));
  const parts = await startAll(options, starting);
  const started = starting.move();
  return { ...parts, stop: async () => started.disposeAsync() };
}

/** Each started part adds how to stop it: the last one first, services before the servers that they use. */
async function startAll(options: SuiteOptions, stack: AsyncDisposableStack): Promise<Omit<Suite, 'stop'>> {
  const { dir, step = silently } = options;
  const names = { ...DEFAULTS, ...definedNames(options) };
  const principals = [...CELL_PRINCIPALS, ...peopleOf(names), ...(options.principals ?? [])];
  const users = options.natsUrl === undefined ? usersOf(principals) : [];
  const login = loginFrom(users, options.login);
  const [nats, postgres] = await startServers(options, users, step, stack);
  noteServers(dir, [nats?.pid(), postgres?.pid()]);
  const natsUrl = options.natsUrl ?? nats?.url ?? '';
  const postgresUrl = options.postgresUrl ?? postgres?.url ?? '';
  await step('ledger', async () =>
    prepareLedger(natsUrl, login({ kind: 'operator' }), options.maxLedgerBytes),
  );
  const context = { natsUrl, postgresUrl, login, options };
  const services = (options.services ?? SERVICES).map((name) => serviceOf(name, context));
  stack.defer(async () => {
    await Promise.all(services.map(async (service) => service.stop()));
  });
  await step(`services: ${services.map(({ name }) => name).join(', ')}`, async () =>
    Promise.all(services.map(async (service) => service.start())),
  );
  // Only the audit uses this Postgres, and deciding goes before recording (ADR 005).
  if (postgres) for (const pid of familyOf(postgres.pid())) giveWay(pid, RECORDING_NICENESS);
  const connection = describe({ natsUrl, postgresUrl, names, login, services });
  stack.defer(() => removeConnection(dir));
  writeConnection(dir, connection);
  return {
    connection,
    nats,
    postgres,
    login,
    pid: (name) => find(services, name).pid,
    kill: async (name) => find(services, name).kill(),
    restart: async (name, apps) => find(services, name).restart(apps && programIn(apps, name)),
  };
}

type Names = typeof DEFAULTS;
type LoginOf = (principal: Principal) => Login;

function definedNames(options: SuiteOptions): Partial<Names> {
  const { tenant, agent, approver } = options;
  return Object.fromEntries(
    Object.entries({ tenant, agent, approver }).filter(([, name]) => name !== undefined),
  );
}

function peopleOf(names: Names): [Principal, Principal, Principal] {
  const tenant = names.tenant as TenantId;
  return [
    { kind: 'agent', tenant, agent: names.agent as AgentId },
    { kind: 'approver', tenant, approver: names.approver },
    { kind: 'worker', tenant },
  ];
}

function loginFrom(users: readonly NatsUser[], shared: Login = {}): LoginOf {
  return (principal) => {
    if (users.length === 0) return shared;
    const found = users.find(({ user }) => user === userOf(principal));
    if (found) return { user: found.user, password: found.password };
    throw new WritError(
      'unknown-principal',
      `${userOf(principal)} is no user of this suite: name it in "principals"`,
    );
  };
}

async function startServers(
  options: SuiteOptions,
  users: readonly NatsUser[],
  step: Step,
  stack: AsyncDisposableStack,
): Promise<[NatsServer | undefined, PostgresServer | undefined]> {
  const logs = join(options.dir, 'logs');
  const stoppable = async <Server extends { stop(): Promise<void> }>(
    starting: Promise<Server>,
  ): Promise<Server> => {
    const server = await starting;
    stack.defer(async () => server.stop());
    return server;
  };
  const startOwnNats = async (say: (line: string) => void): Promise<NatsServer> => {
    await natsServerBinary(say);
    return stoppable(
      startNats({ dir: join(options.dir, 'nats'), users, logFile: join(logs, 'nats-server.log') }),
    );
  };
  const startOwnPostgres = async (): Promise<PostgresServer> => {
    const server = await stoppable(
      startPostgres({ keep: options.keepPostgres ?? false, logFile: join(logs, 'postgres.log') }),
    );
    return server;
  };
  return Promise.all([
    options.natsUrl === undefined ? step('nats-server', startOwnNats) : undefined,
    options.postgresUrl === undefined ? step('Postgres', startOwnPostgres) : undefined,
  ]);
}

async function prepareLedger(url: string, login: Login, maxBytes: number | undefined): Promise<void> {
  const connection = await connectNats({ url, ...login, name: 'writ-start' });
  try {
    await ensureLedger(connection, maxBytes === undefined ? {} : { maxBytes });
  } finally {
    await connection.close();
  }
}

interface ServiceContext {
  readonly natsUrl: string;
  readonly postgresUrl: string;
  readonly login: LoginOf;
  readonly options: SuiteOptions;
}

function serviceOf(
  name: ServiceName,
  { natsUrl, postgresUrl, login, options }: ServiceContext,
): ServiceProcess {
  const { user, password } = login(principalOf(name));
  const environment = {
    WRIT_NATS_URL: natsUrl,
    WRIT_POSTGRES_URL: postgresUrl,
    ...(user === undefined ? {} : { WRIT_NATS_USER: user }),
    ...(password === undefined ? {} : { WRIT_NATS_PASSWORD: password }),
    ...options.environment,
  };
  const logFile = join(options.dir, 'logs', `${name}.log`);
  const main = programIn(options.apps ?? join(REPOSITORY, 'apps'), name);
  const niceness = name === 'audit' ? RECORDING_NICENESS : 0;
  return new ServiceProcess({ name, main, environment, niceness, logFile, say: options.say ?? (() => {}) });
}

function programIn(apps: string, name: ServiceName): string {
  return join(apps, name, 'dist', 'main.js');
}

function principalOf(name: ServiceName): Principal {
  return name === 'executor' || name === 'audit' ? { kind: name } : { kind: 'decider', service: name };
}

interface Running {
  readonly natsUrl: string;
  readonly postgresUrl: string;
  readonly names: Names;
  readonly login: LoginOf;
  readonly services: readonly ServiceProcess[];
}

function describe({ natsUrl, postgresUrl, names, login, services }: Running): Connection {
  const [agent, approver, worker] = peopleOf(names);
  return {
    natsUrl,
    postgresUrl,
    tenant: names.tenant,
    users: {
      operator: login({ kind: 'operator' }),
      agent: { ...login(agent), agent: names.agent },
      approver: { ...login(approver), approver: names.approver },
      worker: login(worker),
    },
    services: Object.fromEntries(services.map((service) => [service.name, { http: service.http }])),
  };
}

function find(services: readonly ServiceProcess[], name: ServiceName): ServiceProcess {
  const service = services.find((one) => one.name === name);
  if (!service) throw new WritError('unknown-service', `the service ${name} is not part of this suite`);
  return service;
}
