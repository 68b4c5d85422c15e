/**
 * The campaign's two connections: the agent's, and that of the person who approves. They are different users: an agent
 * may never approve its own calls. A service that is just restarting is asked again for a while.
 */
import { WritError } from '@writ/contracts';
import { GovernedToolExecutor, agentSettings, natsTransport, readConnectionFile } from '@writ/sdk';
import type { ConnectOptions } from '@writ/sdk';
import { setTimeout as delay } from 'node:timers/promises';
import type { Voter } from './approvals.ts';

/** How long a service may be away before the campaign gives up. */
const PATIENCE_MS = 60_000;
const RETRY_MS = 500;

export async function connectAgent(options: ConnectOptions): Promise<GovernedToolExecutor> {
  return patiently(async () => GovernedToolExecutor.connect(options));
}

/** Who votes here; without an approver's credential the desk looks on with the agent's, and `approver` is absent. */
export async function connectVoter(): Promise<Voter & { readonly person: string | undefined }> {
  const named = process.env['WRIT_NATS_URL'] === undefined ? readConnectionFile(process.cwd()) : undefined;
  const login = named?.users.approver;
  if (named && login) {
    const { user, password, approver } = login;
    const credentials = { server: named.natsUrl, user, password, tenant: named.tenant };
    const transport = await natsTransport(credentials, `approver ${named.tenant}/${approver}`);
    return { tenant: named.tenant, approver, person: approver, transport };
  }
  const settings = agentSettings({});
  const transport = await natsTransport(settings, `desk of ${settings.agent}`);
  return { tenant: settings.tenant, approver: settings.agent, person: undefined, transport };
}

/** Tries again while nobody answers. */
export async function patiently<T>(work: () => Promise<T>): Promise<T> {
  for (const until = performance.now() + PATIENCE_MS; ; await delay(RETRY_MS)) {
    try {
      return await work();
    } catch (error) {
      const away = error instanceof WritError && error.code === 'unavailable';
      if (!away || performance.now() > until) throw error;
    }
  }
}
