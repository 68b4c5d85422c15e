/**
 * Whom to connect to and as whom: from the options, else from the environment, else from `.writ/connection.json`, which
 * `npm start` writes and which is found by walking up from the working directory.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { WritError, agentId, messageOf, tenantId } from '@writ/contracts';
import type { AgentId, TenantId } from '@writ/contracts';
import { z } from 'zod';

/** Without user and password where the server asks for none. */
const login = z.object({ user: z.string().optional(), password: z.string().optional() });

/** `.writ/connection.json`. */
export const connectionFile = z.object({
  natsUrl: z.string(),
  tenant: tenantId,
  users: z.object({
    operator: login.optional(),
    agent: login.extend({ agent: agentId }).optional(),
    approver: login.extend({ approver: z.string() }).optional(),
    worker: login.optional(),
  }),
});
export type ConnectionFile = z.infer<typeof connectionFile>;

export interface Credentials {
  /** `nats://host:4222`, several separated by commas. */
  readonly server: string;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  readonly tenant: TenantId;
}

export interface AgentSettings extends Credentials {
  readonly agent: AgentId;
}

/** What a caller may say itself; everything else is looked up. */
export interface AgentOptions {
  readonly server?: string | undefined;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  readonly tenant?: string | undefined;
  readonly agent?: string | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Path below the folder that `npm start` ran in. */
const CONNECTION_PATH = join('.writ', 'connection.json');

/** @throws WritError `no-connection` when no source names a server, `invalid-connection` when a value is no legal name. */
export function agentSettings(
  options: AgentOptions,
  environment: Environment = process.env,
  folder: string = process.cwd(),
): AgentSettings {
  const named = options.server ?? environment['WRIT_NATS_URL'];
  const file = named === undefined ? requireConnectionFile(folder) : undefined;
  const agent = file?.users.agent;
  return {
    server: named ?? file?.natsUrl ?? '',
    user: options.user ?? environment['WRIT_NATS_USER'] ?? agent?.user,
    password: options.password ?? environment['WRIT_NATS_PASSWORD'] ?? agent?.password,
    tenant: legal('tenant', tenantId, options.tenant ?? environment['WRIT_TENANT'] ?? file?.tenant),
    agent: legal('agent', agentId, options.agent ?? environment['WRIT_AGENT'] ?? agent?.agent),
  };
}

/** The same for a worker, which is no agent. */
export function workerSettings(
  options: Omit<AgentOptions, 'agent'>,
  environment: Environment = process.env,
  folder: string = process.cwd(),
): Credentials {
  const named = options.server ?? environment['WRIT_NATS_URL'];
  const file = named === undefined ? requireConnectionFile(folder) : undefined;
  const worker = file?.users.worker;
  return {
    server: named ?? file?.natsUrl ?? '',
    user: options.user ?? environment['WRIT_NATS_USER'] ?? worker?.user,
    password: options.password ?? environment['WRIT_NATS_PASSWORD'] ?? worker?.password,
    tenant: legal('tenant', tenantId, options.tenant ?? environment['WRIT_TENANT'] ?? file?.tenant),
  };
}

/** The nearest connection file at or above `folder`; undefined when there is none. */
export function readConnectionFile(folder: string): ConnectionFile | undefined {
  for (let at = resolve(folder); ; at = dirname(at)) {
    const path = join(at, CONNECTION_PATH);
    if (existsSync(path)) return parseConnectionFile(path);
    if (dirname(at) === at) return undefined;
  }
}

function requireConnectionFile(folder: string): ConnectionFile {
  const file = readConnectionFile(folder);
  if (file) return file;
  const ways = 'pass `server`, set WRIT_NATS_URL, or run `npm start`, which writes .writ/connection.json';
  throw new WritError('no-connection', `no server is named: ${ways} at or above ${resolve(folder)}`);
}

function parseConnectionFile(path: string): ConnectionFile {
  try {
    return connectionFile.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (error) {
    const why = error instanceof z.ZodError ? z.prettifyError(error) : messageOf(error);
    throw new WritError('invalid-connection', `${path} cannot be used: ${why}`, { cause: error });
  }
}

function legal<S extends z.ZodType<string>>(what: string, schema: S, value: string | undefined): z.infer<S> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const variable = what === 'tenant' ? 'WRIT_TENANT' : 'WRIT_AGENT';
  if (value === undefined) {
    throw new WritError('invalid-connection', `no ${what} is named: pass \`${what}\` or set ${variable}`);
  }
  const why = parsed.error.issues.map((issue) => issue.message).join('; ');
  throw new WritError('invalid-connection', `${what} "${value}" is no legal name: it ${why}`);
}
