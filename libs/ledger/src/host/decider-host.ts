/**
 * Runs one decider against a ledger: a fold plus one writer (ARCHITECTURE §3). As standby it only folds. As leader it
 * folds what arrived, lets the core answer until nothing is owed, appends one commit a tenant, awaits the acks and
 * goes on; what arrives meanwhile is the next batch. Its state runs ahead only until the ack, and nobody outside sees
 * an answer before. A conflict means that somebody else leads: the state is dropped and folded again.
 */
import { messageOf } from '@writ/contracts';
import type { SubjectKind, TenantId } from '@writ/contracts';
import { appendInTheEnd } from '../append.ts';
import type { ResolvedAppend } from '../append.ts';
import type { Append, Fold, LedgerCommit } from '../port.ts';
import { fenceCommits } from './fence.ts';
import type { HostOptions, HostRole } from './host-options.ts';
import { DeciderPath } from './path.ts';
import { Reaction } from './reaction.ts';
import { Readers } from './readers.ts';
import { SnapshotSaver } from './snapshot-saver.ts';

const TICK_MS = 100;
const RENEW_MS = 1_000;

export class DeciderHost<State, Offer = undefined> {
  role: HostRole = 'standby';
  /** Why nothing can be committed right now (the stream is full, say); undefined when all is well. */
  trouble: string | undefined;
  readonly #options: HostOptions<State, Offer>;
  #path: DeciderPath<State, Offer>;
  #fold: Fold | undefined;
  /** Where the ledger ended when this process began to read it. */
  #goal = Infinity;
  #timers: NodeJS.Timeout[] = [];
  #busy = false;
  #electing = false;
  #term = 0;
  #reactions = 0;
  readonly #saver: SnapshotSaver;
  #ownAcks = new Set<number>();
  readonly #readers = new Readers();
  #idle: Promise<void> = Promise.resolve();
  readonly #stopping = new AbortController();

  constructor(options: HostOptions<State, Offer>) {
    this.#options = options;
    this.#path = new DeciderPath(options.decider);
    this.#saver = new SnapshotSaver(options.snapshots, options.snapshotEvery, (sentence) =>
      this.#log(sentence),
    );
  }

  get state(): State {
    return this.#path.state;
  }

  /** Whether answers are on their way: the state is then ahead of the ledger. */
  get busy(): boolean {
    return this.#busy;
  }

  /** Ledger sequence up to which this process has read. */
  get seen(): number {
    return this.#path.seen;
  }

  /** Whether the state tells of all that stood in the ledger when this process began: before, it misses calls. */
  get complete(): boolean {
    return this.#path.seen >= this.#goal;
  }

  async start(): Promise<void> {
    await this.#refold();
    const { tickMs = TICK_MS, renewMs = RENEW_MS } = this.#options;
    if (tickMs > 0) this.#timers.push(setInterval(() => this.wake(), tickMs));
    if (renewMs > 0) this.#timers.push(setInterval(() => void this.campaign(), renewMs));
    void this.campaign();
  }

  /** Finishes the reaction in flight, saves a snapshot, gives up the lease. */
  async stop(): Promise<void> {
    if (this.role === 'stopped') return;
    const wasLeading = this.role === 'leading';
    for (const timer of this.#timers) clearInterval(timer);
    this.#setRole('stopped');
    await this.#idle;
    this.#stopping.abort();
    await this.#fold?.stop();
    if (wasLeading) {
      await this.#saver.saveLast(this.#path);
      await this.#options.lease.release().catch(() => undefined);
    }
  }

  /** Resolves when everything up to `seq` has been received here. */
  async caughtUp(seq: number): Promise<void> {
    if (this.#path.seen < seq) await this.#readers.until(seq);
  }

  /** Answers what is owed, if this process leads and nothing is in flight. Call it when the offer has changed. */
  wake(): void {
    if (this.role !== 'leading' || this.#busy) return;
    this.#busy = true;
    this.#idle = this.#turns().catch((error: unknown) => this.#crash(error));
  }

  /** Renews the lease, or tries to become leader. Runs by itself; a simulation calls it at will. */
  async campaign(): Promise<void> {
    if (this.role === 'stopped' || this.#electing) return;
    this.#electing = true;
    try {
      const held = await this.#options.lease.hold();
      if (held && this.role === 'standby') await this.#lead();
      else if (!held && this.role === 'leading') await this.#stepDown('another process holds the lease');
    } catch (error) {
      // The lease store is away: whoever leads goes on, because the sequence check keeps it safe.
      if (this.role !== 'leading') this.#log(`cannot campaign: ${messageOf(error)}`);
    } finally {
      this.#electing = false;
    }
  }

  async #refold(): Promise<void> {
    await this.#fold?.stop();
    this.#goal = Infinity;
    const { decider, ledger, snapshots } = this.#options;
    const snapshot = await snapshots?.load(decider.name, decider.version).catch(() => undefined);
    const path = new DeciderPath(decider, snapshot);
    this.#path = path;
    this.#ownAcks = new Set();
    this.#goal = await ledger.lastSequence();
    this.#fold = await ledger.fold(path.basis + 1, (commits) => this.#receive(path, commits));
  }

  #receive(path: DeciderPath<State, Offer>, commits: readonly LedgerCommit[]): void {
    if (path !== this.#path) return;
    let owed = false;
    for (const commit of commits) {
      const received = path.receive(commit);
      if (received === 'input') owed = true;
      if (received !== 'own') continue;
      if (this.role !== 'leading') path.foldOwn(commit);
      else if (!this.#isMine(commit)) void this.#stepDown(`somebody else wrote to ${commit.subject}`);
    }
    this.#saver.read(commits.length);
    this.#readers.reached(path.seen);
    // Own commits are folded already, and what it does not read leaves nothing to answer.
    if (owed) this.wake();
  }

  /** Acks and deliveries race: a commit of ours is known by its ack, or else by its id. */
  #isMine(commit: LedgerCommit): boolean {
    return this.#ownAcks.delete(commit.seq) || (commit.id?.startsWith(this.#idPrefix()) ?? false);
  }

  #idPrefix(): string {
    return `${this.#options.holder}-${this.#term}.`;
  }

  async #turns(): Promise<void> {
    const path = this.#path;
    for (;;) {
      path.foldHeld(path.seen);
      const reaction = this.#react(path);
      if (reaction.size === 0) break;
      if (!(await this.#commit(path, reaction))) break;
      this.#saver.saveInTurn(path);
      if (this.role !== 'leading') break;
    }
    if (path === this.#path) this.#busy = false;
  }

  #react(path: DeciderPath<State, Offer>): Reaction {
    const { decider, offer } = this.#options;
    const now = Math.max(this.#options.now(), path.now);
    const reaction = new Reaction(
      `${this.#idPrefix()}${this.#reactions}`,
      `writ/${decider.name}`,
      path.basis,
      now,
    );
    const offered = offer();
    for (;;) {
      const answer = decider.react(path.state, now, offered);
      if (answer.length === 0 || !reaction.add(answer)) break;
      for (const fact of answer) path.foldAnswer(fact, now);
    }
    if (reaction.size > 0) {
      this.#reactions += 1;
      path.now = now;
    }
    return reaction;
  }

  /** Appends every part, pipelined; false when this process turned out not to lead. */
  async #commit(path: DeciderPath<State, Offer>, reaction: Reaction): Promise<boolean> {
    const commits = reaction.commits(
      (tenant) => this.#subject(tenant),
      (subject) => path.tails.get(subject) ?? 0,
    );
    const begun = performance.now();
    const append = (): Promise<ResolvedAppend[]> =>
      Promise.all(commits.map((commit) => this.#append(commit)));
    const { appending } = this.#options;
    const results = await (appending ? appending(reaction.id, append) : append());
    if (path !== this.#path) return false;
    this.#options.onAppended?.(commits.length, performance.now() - begun);
    for (const [index, result] of results.entries()) {
      const { subject } = commits[index] as Append;
      if (result.status === 'conflict') {
        await this.#stepDown(`another leader's commit stands on ${subject}`);
        return false;
      }
      path.tails.set(subject, result.seq);
      path.ownSeq = Math.max(path.ownSeq, result.seq);
      if (result.seq > path.seen) this.#ownAcks.add(result.seq);
    }
    const seqs = (results as { readonly seq: number }[]).map(({ seq }) => seq);
    this.#options.onCommitted?.(reaction.committed(seqs), path.state);
    return true;
  }

  async #append(request: Append): Promise<ResolvedAppend> {
    const resolved = await appendInTheEnd(this.#options.ledger, request, this.#stopping.signal, (trouble) => {
      if (this.trouble !== trouble) this.#log(trouble);
      this.trouble = trouble;
    });
    this.trouble = undefined;
    return resolved;
  }

  #subject(tenant: TenantId): string {
    return `writ.${tenant}.${this.#options.decider.writes satisfies SubjectKind}`;
  }

  /** Fences whoever led before, folds up to the fence, and leads. */
  async #lead(): Promise<void> {
    const path = this.#path;
    await this.caughtUp(await this.#options.ledger.lastSequence());
    const term = this.#term + 1;
    const fences = fenceCommits({
      service: this.#options.decider.name,
      version: this.#options.decider.version,
      holder: this.#options.holder,
      term,
      now: Math.max(this.#options.now(), path.now),
      subjects: [...path.tenants].map((tenant) => this.#subject(tenant)),
      tails: path.tails,
    });
    const results = await Promise.all(fences.map((commit) => this.#append(commit)));
    const seqs = results.map((result) => (result.status === 'committed' ? result.seq : Number.NaN));
    if (seqs.some(Number.isNaN) || path !== this.#path) return;
    await this.caughtUp(Math.max(0, ...seqs));
    if (path !== this.#path || this.role === 'stopped') return;
    this.#term = term;
    path.closeOpen();
    this.#setRole('leading');
    this.wake();
  }

  async #stepDown(why: string): Promise<void> {
    if (this.role !== 'leading') return;
    this.#setRole('standby');
    this.#log(`steps down: ${why}`);
    this.#busy = false;
    await this.#refold();
  }

  #setRole(role: HostRole): void {
    this.role = role;
    this.#options.onRole?.(role);
  }

  #log(sentence: string): void {
    this.#options.log?.(sentence);
  }

  /** A broken invariant or a refused commit: going on would decide on a state that nobody else can derive. */
  #crash(error: unknown): void {
    if (this.#stopping.signal.aborted) return;
    queueMicrotask(() => {
      throw error;
    });
  }
}
