/**
 * A nats-server's configuration. Its format is a superset of JSON, so it is rendered as JSON: nothing to escape, and
 * a value with a `$` stays a value.
 */
import { inboxOf } from './inbox.ts';

/** One user and all that it may do; what is not listed is refused. */
export interface NatsUser {
  readonly user: string;
  readonly password: string;
  readonly permissions: NatsPermissions;
}

export interface NatsPermissions {
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
}

export interface NatsConfig {
  readonly host: string;
  /** -1 lets the server take a free one. */
  readonly port: number;
  /** Where JetStream stores its streams. */
  readonly storeDir: string;
  /** Without users anyone may do anything. */
  readonly users?: readonly NatsUser[];
  /** `always` makes every ack survive a power loss; by default it survives a crash of the server only. */
  readonly syncInterval?: string;
  readonly monitorPort?: number;
  /** Bytes; the server's own default (1 MB) holds a full commit with its headers. */
  readonly maxPayload?: number;
  /** Bytes that JetStream may fill on disk. */
  readonly maxStore?: number;
}

/** The text of the configuration file. It holds passwords: write it with mode 0600. */
export function natsConfig(config: NatsConfig): string {
  const jetstream = {
    store_dir: config.storeDir,
    ...(config.syncInterval === undefined ? {} : { sync_interval: config.syncInterval }),
    ...(config.maxStore === undefined ? {} : { max_file_store: config.maxStore }),
  };
  const users = config.users?.map(({ user, password, permissions }) => ({
    user,
    password,
    permissions: {
      publish: { allow: permissions.publish },
      subscribe: { allow: [...permissions.subscribe, inboxOf(user)] },
    },
  }));
  const rendered = {
    host: config.host,
    port: config.port,
    jetstream,
    ...(users ? { authorization: { users } } : {}),
    ...(config.monitorPort === undefined ? {} : { http: `127.0.0.1:${config.monitorPort}` }),
    ...(config.maxPayload === undefined ? {} : { max_payload: config.maxPayload }),
  };
  return `${JSON.stringify(rendered, undefined, 2)}\n`;
}
