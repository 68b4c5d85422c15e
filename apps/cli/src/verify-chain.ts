/** Verifies what the audit has recorded of a tenant against the stream itself, commit by commit, up to the first difference. */
import { WritError, subjects } from '@writ/contracts';
import type { TenantId } from '@writ/contracts';
import { ChainCheck, chainPage } from '@writ/provenance';
import type { ChainFault, ChainLink } from '@writ/provenance';
import type { LedgerTransport } from '@writ/sdk';
import { z } from 'zod';
import { commitsOf } from './stream-commits.ts';

export interface Verification {
  readonly tenant: TenantId;
  /** Commits whose bytes, recorded bytes and hashes agree. */
  readonly checked: number;
  /** Everything up to this ledger sequence was compared. */
  readonly asOf: number;
  readonly fault?: ChainFault;
}

const QUERY_TIMEOUT_MS = 30_000;

export async function verifyChain(
  { ledger, query }: Pick<LedgerTransport, 'ledger' | 'query'>,
  tenant: TenantId,
): Promise<Verification> {
  const record = new StoredLinks(query, tenant);
  const asOf = await record.open();
  const commits = commitsOf(ledger, tenant, asOf);
  const check = new ChainCheck();
  for (;;) {
    const [{ value: commit }, link] = [await commits.next(), await record.next()];
    if (!commit && !link) return { tenant, checked: check.checked, asOf };
    check.step(commit ?? undefined, link);
    if (check.fault) return { tenant, checked: check.checked, asOf, fault: check.fault };
  }
}

/** The recorded links, page by page, up to what was recorded when the first page was read. */
class StoredLinks {
  readonly #query: LedgerTransport['query'];
  readonly #tenant: TenantId;
  #links: readonly ChainLink[] = [];
  #at = 0;
  #more = true;
  #asOf = 0;

  constructor(query: LedgerTransport['query'], tenant: TenantId) {
    this.#query = query;
    this.#tenant = tenant;
  }

  async open(): Promise<number> {
    this.#asOf = await this.#read(0);
    return this.#asOf;
  }

  async next(): Promise<ChainLink | undefined> {
    while (this.#at === this.#links.length && this.#more) await this.#read(this.#links.at(-1)?.seq ?? 0);
    const link = this.#links[this.#at++];
    return link && link.seq <= this.#asOf ? link : undefined;
  }

  async #read(after: number): Promise<number> {
    const reply = chainPage.safeParse(
      await this.#query(subjects.api(this.#tenant, 'audit', 'chain'), { after }, QUERY_TIMEOUT_MS),
    );
    if (!reply.success)
      throw new WritError(
        'query-failed',
        `the audit's chain cannot be read: ${z.prettifyError(reply.error)}`,
      );
    const { links, more, asOf } = reply.data;
    this.#links = links;
    this.#more = more && links.length > 0;
    this.#at = 0;
    return asOf;
  }
}
