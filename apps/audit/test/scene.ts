/** One test's ledger in memory and database, and the audits that it starts; all of it ends with the test. */
import { memoryLedger } from '@writ/ledger';
import type { MemoryLedger } from '@writ/ledger';
import { PATIENCE_MS, contentOf, startAudit } from './audit.ts';
import type { Audit } from './audit.ts';
import { AT } from './calls.ts';

/** Makes a database of its own; the testkit's `freshDatabase`, given by the spec, because only specs may use the testkit. */
export type NewDatabase = () => Promise<{ readonly url: string; readonly drop: () => Promise<void> }>;

export class Scene {
  ledger: MemoryLedger = memoryLedger({ now: () => AT });
  readonly #newDatabase: NewDatabase;
  readonly #url: string;
  readonly #ends: (() => Promise<void>)[] = [];
  readonly #audits = new Set<Audit>();

  private constructor(newDatabase: NewDatabase, url: string) {
    this.#newDatabase = newDatabase;
    this.#url = url;
  }

  static async open(newDatabase: NewDatabase): Promise<Scene> {
    const database = await newDatabase();
    const scene = new Scene(newDatabase, database.url);
    scene.#ends.push(async () => database.drop());
    return scene;
  }

  start(options: Parameters<typeof startAudit>[2] = {}, url = this.#url): Audit {
    const audit = startAudit(this.ledger, url, options);
    this.#audits.add(audit);
    return audit;
  }

  async stop(audit: Audit): Promise<void> {
    this.#audits.delete(audit);
    await audit.stop();
  }

  /** Whether everything in the ledger is stored, after waiting for it. */
  async stored(audit: Audit): Promise<boolean> {
    return audit.projection.storedUpTo(this.ledger.commits.length, PATIENCE_MS);
  }

  /** The digest of a projection made in one go from the whole ledger. */
  async fromZero(): Promise<string> {
    const fresh = await this.#newDatabase();
    const audit = startAudit(this.ledger, fresh.url);
    await this.stored(audit);
    const content = await contentOf(audit.db);
    await audit.stop();
    await fresh.drop();
    return content;
  }

  async close(): Promise<void> {
    for (const audit of this.#audits) await audit.stop();
    for (const end of this.#ends) await end();
  }
}
