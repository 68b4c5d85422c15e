/**
 * A connection in one of the roles that people have: operators publish catalogs and read the ledger, approvers vote.
 * Credentials come from the options, else from the environment, else from `.writ/connection.json`.
 */
import { CELL, WritError, tenantId } from '@writ/contracts';
import type { TenantId } from '@writ/contracts';
import { natsTransport, readConnectionFile } from '@writ/sdk';
import type { ConnectionFile, Credentials, LedgerTransport } from '@writ/sdk';

export type Role = 'operator' | 'approver';

/** Options that every command takes. */
export interface ConnectionOptions {
  readonly server?: string;
  readonly user?: string;
  readonly password?: string;
  readonly tenant?: string;
  /** Everything that belongs to no tenant, instead of one. */
  readonly cell?: boolean;
}

export interface Session {
  readonly tenant: TenantId;
  /** The approver's name, as his credential has it; for an operator the role. */
  readonly origin: string;
  readonly transport: LedgerTransport;
}

export type Environment = Readonly<Record<string, string | undefined>>;

export interface SessionSettings extends Credentials {
  readonly origin: string;
}

export async function openSession(role: Role, options: ConnectionOptions): Promise<Session> {
  const { origin, ...credentials } = sessionSettings(role, options, process.env, process.cwd());
  const transport = await natsTransport(credentials, `writ ${role}`);
  return { tenant: credentials.tenant, origin, transport };
}

/** @throws WritError `no-connection` when no server is named, `invalid-connection` for a bad name. */
export function sessionSettings(
  role: Role,
  options: ConnectionOptions,
  environment: Environment,
  folder: string,
): SessionSettings {
  const named = options.server ?? environment['WRIT_NATS_URL'];
  const file = named === undefined ? requireFile(folder) : undefined;
  const login = file?.users[role];
  const user = options.user ?? environment['WRIT_NATS_USER'] ?? login?.user;
  const tenant = options.cell
    ? CELL
    : requireTenant(options.tenant ?? environment['WRIT_TENANT'] ?? file?.tenant);
  return {
    server: named ?? file?.natsUrl ?? '',
    user,
    password: options.password ?? environment['WRIT_NATS_PASSWORD'] ?? login?.password,
    tenant,
    origin: role === 'operator' ? role : approverName(tenant, user, file, environment),
  };
}

function requireTenant(name: string | undefined): TenantId {
  const tenant = tenantId.safeParse(name);
  if (tenant.success) return tenant.data;
  throw new WritError('invalid-connection', 'no tenant is named: pass --tenant or set WRIT_TENANT');
}

/** A vote's subject ends with the approver's name, and the server checks it against the credential. */
function approverName(
  tenant: TenantId,
  user: string | undefined,
  file: ConnectionFile | undefined,
  environment: Environment,
): string {
  const prefix = `approver-${tenant}-`;
  const fromUser = user?.startsWith(prefix) ? user.slice(prefix.length) : undefined;
  const name = environment['WRIT_APPROVER'] ?? fromUser ?? file?.users.approver?.approver;
  if (name !== undefined) return name;
  throw new WritError(
    'invalid-connection',
    `no approver is named: connect as ${prefix}<person> or set WRIT_APPROVER`,
  );
}

function requireFile(folder: string): ConnectionFile {
  const file = readConnectionFile(folder);
  if (file) return file;
  const ways = 'pass --server, set WRIT_NATS_URL, or run `npm start`, which writes .writ/connection.json';
  throw new WritError('no-connection', `no server is named: ${ways} at or above ${folder}`);
}
