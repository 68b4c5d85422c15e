/**
 * What one session of an executor holds: which grants are running and which are done. The scheduler may send a grant
 * again when its reply was lost; a grant that is running or done in this session is then ignored, so that it runs
 * once. A grant is running from its arrival until its completion is committed, and done from then on.
 */
import { invariant } from '@writ/contracts';
import type { Grant } from '@writ/contracts';
import { FINISHED_GRANTS_KEPT } from './limits.ts';

/** What names a grant on the wire: `tenant/invocation/attempt`. */
export function grantKey(grant: Pick<Grant, 'tenant' | 'invocation' | 'attempt'>): string {
  return `${grant.tenant}/${grant.invocation}/${grant.attempt}`;
}

export class SessionLog {
  readonly #running = new Set<string>();
  /** Done grants and the ledger sequence of their completion, in the order of their commits. */
  readonly #done = new Map<string, number>();
  readonly #kept: number;
  #asOf = 0;

  /** `kept`: finished grants remembered although the scheduler has promised not to send them again. */
  constructor(kept: number = FINISHED_GRANTS_KEPT) {
    this.#kept = kept;
  }

  /** Ledger sequence of the session's last commit. */
  get asOf(): number {
    return this.#asOf;
  }

  /** How many grants run, or wait for their completion to be committed. */
  get held(): number {
    return this.#running.size;
  }

  /** The keys of the held grants, oldest first. */
  running(): string[] {
    return [...this.#running];
  }

  /** Takes a grant in; false when it is running or done already and must be ignored. */
  accept(key: string): boolean {
    if (this.#running.has(key) || this.#done.has(key)) return false;
    this.#running.add(key);
    return true;
  }

  /** A commit of this session stands at `seq`. */
  committed(seq: number): void {
    if (seq > this.#asOf) this.#asOf = seq;
  }

  /** The grant's completion stands in the ledger at `seq`. */
  finished(key: string, seq: number): void {
    invariant(this.#running.delete(key), `grant ${key} finished, but it was not running in this session`);
    this.#done.set(key, seq);
    this.committed(seq);
  }

  /**
   * Forgets what cannot come again. Called when a pull has been answered: the scheduler sends no grant that finished
   * at or before the pull's `asOf`.
   */
  answered(asOf: number): void {
    for (const [key, seq] of this.#done) {
      if (this.#done.size <= this.#kept || seq > asOf) return;
      this.#done.delete(key);
    }
  }
}
