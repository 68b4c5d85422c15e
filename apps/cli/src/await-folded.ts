/** After an apply: waits until the services that answer decide by the new catalog. */
import { setTimeout as delay } from 'node:timers/promises';
import { subjects } from '@writ/contracts';
import type { TenantId } from '@writ/contracts';
import type { Transport } from '@writ/sdk';
import { z } from 'zod';

/** The query of each service that tells how far it has folded the ledger. */
const POSITIONS = { policy: 'catalog', budget: 'balances', scheduler: 'status' } as const;
export type FoldingService = keyof typeof POSITIONS;

/** `seen`: ledger sequence folded; `revision`: last catalog commit folded. */
const position = z.object({ seen: z.number().optional(), revision: z.number().optional() });

const POLL_MS = 25;
const GIVE_UP_AFTER_MS = 10_000;

export type Folded = Readonly<Record<FoldingService, 'folded' | 'behind' | 'no answer'>>;

export async function awaitFolded(transport: Transport, tenant: TenantId, seq: number): Promise<Folded> {
  const services = Object.keys(POSITIONS) as FoldingService[];
  const giveUpAt = performance.now() + GIVE_UP_AFTER_MS;
  const states = await Promise.all(
    services.map(
      async (service) => [service, await awaitOne(transport, tenant, service, seq, giveUpAt)] as const,
    ),
  );
  return Object.fromEntries(states) as Folded;
}

async function awaitOne(
  transport: Transport,
  tenant: TenantId,
  service: FoldingService,
  seq: number,
  giveUpAt: number,
): Promise<Folded[FoldingService]> {
  const subject = subjects.api(tenant, service, POSITIONS[service]);
  for (;;) {
    const reply = position.safeParse(await transport.query(subject, {}).catch(() => undefined));
    if (!reply.success) return 'no answer';
    if (Math.max(reply.data.seen ?? 0, reply.data.revision ?? 0) >= seq) return 'folded';
    if (performance.now() > giveUpAt) return 'behind';
    await delay(POLL_MS);
  }
}
