/**
 * Makes the wanted catalog the one in force: reads what the ledger says, publishes the difference in one commit, and
 * starts again when somebody else published meanwhile. Running it twice publishes nothing the second time.
 */
import { currentCatalog, diff } from '@writ/catalog';
import type { Catalog, CatalogInForce, Change } from '@writ/catalog';
import { WritError, decodeCommit, subjects } from '@writ/contracts';
import type { RecordedFact, TenantId } from '@writ/contracts';
import { appendResolved } from '@writ/ledger';
import type { Ledger } from '@writ/ledger';
import { commitsOf } from './commit.ts';

export interface Applied {
  readonly changes: readonly Change[];
  /** Types of the facts that were (or would be) published, in order. */
  readonly facts: readonly string[];
  /** Ledger sequence of the last commit; undefined when nothing was published. */
  readonly revision: number | undefined;
}

export interface ApplyOptions {
  readonly dryRun: boolean;
  readonly now: () => Date;
  /** Aborts with the reason why the ledger cannot be written. */
  readonly signal?: AbortSignal;
}

/** How often another operator may be first. */
const MOST_ATTEMPTS = 5;

export async function applyCatalog(
  ledger: Ledger,
  tenant: TenantId,
  wanted: Catalog,
  options: ApplyOptions,
): Promise<Applied> {
  let first: Omit<Applied, 'revision'> | undefined;
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
    const current = await readCatalog(ledger, tenant);
    const { facts, changes } = diff(tenant, current, wanted);
    // After a conflict half way the rest is published; what is shown is the whole of it.
    first ??= { changes, facts: facts.map(({ type }) => type) };
    if (options.dryRun || facts.length === 0)
      return { ...first, revision: attempt > 0 ? current.revision : undefined };
    let expected: number | undefined = current.revision;
    for (const { id, data } of commitsOf(facts, 'writ/operator', options.now())) {
      const request = { subject: subjects.catalog(tenant), data, id, expected };
      const result = await appendResolved(ledger, request, options.signal);
      expected = result.status === 'committed' ? result.seq : undefined;
      if (expected === undefined) break;
    }
    if (expected !== undefined) return { ...first, revision: expected };
  }
  throw new WritError('catalog-contended', `others published ${MOST_ATTEMPTS} times meanwhile; apply again`, {
    retryable: true,
  });
}

/** The catalog in force; its revision is the sequence of the last commit on the catalog's subject. */
export async function readCatalog(ledger: Ledger, tenant: TenantId): Promise<CatalogInForce> {
  const facts: RecordedFact[] = [];
  let last = 0;
  for await (const commit of ledger.read({ subject: subjects.catalog(tenant) })) {
    facts.push(...decodeCommit(commit));
    last = commit.seq;
  }
  return { ...currentCatalog(facts), revision: last };
}
