/**
 * The circumstances of calls, read from where they are recorded: the tenant's catalog, and the cell's word on where each
 * executor's session runs. Both stand on subjects of their own with few facts, so they are read from the ledger when
 * somebody asks and kept in memory.
 */
import { CELL, decodeCommit, subjects } from '@writ/contracts';
import type { ExecutorId, SessionId, TenantId } from '@writ/contracts';
import type { Ledger } from '@writ/ledger';
import { CatalogHistory, circumstancesOf, livesOf } from '@writ/provenance';
import type { Circumstances, InvocationRecord, SessionPlace } from '@writ/provenance';
import { SESSIONS_KEPT } from './limits.ts';

interface KnownCatalog {
  readonly history: CatalogHistory;
  /** Ledger sequence of the last commit in it. */
  last: number;
}

export class CircumstancesReader {
  readonly #ledger: Ledger;
  readonly #catalogs = new Map<TenantId, KnownCatalog>();
  /** Null for a session that never said where it runs. Oldest first. */
  readonly #places = new Map<SessionId, SessionPlace | null>();

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  /** For each record the circumstances of its lives. */
  async of(tenant: TenantId, records: readonly InvocationRecord[]): Promise<Circumstances[][]> {
    if (records.length === 0) return [];
    const { history } = await this.#catalog(tenant);
    for (const record of records) {
      for (const { session, executor } of livesOf(record).flatMap(({ attempts }) => attempts)) {
        if (!this.#places.has(session)) await this.#learn(executor, session);
      }
    }
    return records.map((record) =>
      circumstancesOf(record, history, (session) => this.#places.get(session) ?? undefined),
    );
  }

  async #catalog(tenant: TenantId): Promise<KnownCatalog> {
    let known = this.#catalogs.get(tenant);
    if (!known) this.#catalogs.set(tenant, (known = { history: new CatalogHistory(), last: 0 }));
    const subject = subjects.catalog(tenant);
    const tail = await this.#ledger.tail(subject);
    if (!tail || tail.seq <= known.last) return known;
    for await (const commit of this.#ledger.read({ subject, from: known.last + 1 })) {
      // Two questions at once read the same commits.
      if (commit.seq <= known.last) continue;
      for (const fact of decodeCommit(commit)) known.history.fold(fact);
      known.last = commit.seq;
    }
    return known;
  }

  async #learn(executor: ExecutorId, wanted: SessionId): Promise<void> {
    for await (const commit of this.#ledger.read({ subject: subjects.executions(CELL, executor) })) {
      for (const fact of decodeCommit(commit)) {
        if (fact.type !== 'executor.joined') continue;
        const { session, pool, node } = fact.data;
        this.#keep(session, { session, executor, pool, node });
      }
    }
    if (!this.#places.has(wanted)) this.#keep(wanted, null);
  }

  #keep(session: SessionId, place: SessionPlace | null): void {
    this.#places.set(session, place);
    if (this.#places.size <= SESSIONS_KEPT) return;
    const [oldest] = this.#places.keys();
    this.#places.delete(oldest as SessionId);
  }
}
