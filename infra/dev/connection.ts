/**
 * `.writ/connection.json`: how the CLI and the SDK find the running suite, by walking up from the working directory.
 * It holds passwords, so only its owner may read it.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Without user and password when the server asks for none. */
export interface Login {
  readonly user?: string;
  readonly password?: string;
}

export interface Connection {
  readonly natsUrl: string;
  readonly postgresUrl: string;
  readonly tenant: string;
  readonly users: {
    readonly operator: Login;
    readonly agent: Login & { readonly agent: string };
    readonly approver: Login & { readonly approver: string };
    /** For `serveTool`. */
    readonly worker: Login;
  };
  /** Where each service's health and metrics are. */
  readonly services: Readonly<Record<string, { readonly http: string }>>;
}

export function connectionFile(dir: string): string {
  return join(dir, 'connection.json');
}

/** Written anew, so that the mode holds also when an older file had another one. */
export function writeConnection(dir: string, connection: Connection): void {
  rmSync(connectionFile(dir), { force: true });
  writeFileSync(connectionFile(dir), `${JSON.stringify(connection, undefined, 2)}\n`, { mode: 0o600 });
}

/** Nobody shall find a suite that is not there any more. */
export function removeConnection(dir: string): void {
  rmSync(connectionFile(dir), { force: true });
}
