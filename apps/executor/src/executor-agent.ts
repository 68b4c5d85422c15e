/**
 * The executor's protocol (ARCHITECTURE §5): it keeps one pull outstanding, it runs every grant
 * once, and it says what it holds and how far it has committed, so that a lost reply heals. When its session is
 * over, by the ledger's word or the scheduler's, nothing more of it starts or is committed, and a new one begins.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { Backoff } from '@writ/contracts';
import type { ExecutorId, PullReply, PullRequest, SessionId } from '@writ/contracts';
import { DEFAULT_MAX_OUTPUT_BYTES, grantKey } from '@writ/execution';
import { CallRunner } from './call-runner.ts';
import { DRAIN_MS, FAREWELL_MS, FIRST_RETRY_MS, HELD_PULL_MS, LONGEST_RETRY_MS } from './limits.ts';
import type { ExecutorPorts } from './ports.ts';
import { beginSession, endSession } from './session.ts';
import type { Session } from './session.ts';

export interface ExecutorOptions {
  readonly executor: ExecutorId;
  /** How many calls it runs at once. */
  readonly slots: number;
  readonly pool: string;
  readonly labels: Readonly<Record<string, string>>;
  /** What its calls share besides slots. */
  readonly shared?: Readonly<Pick<PullRequest, 'gpus' | 'memoryGb'>>;
  /** Largest output that is kept; a larger one fails the call. */
  readonly maxOutputBytes?: number;
  /** How long `stop` waits for running calls. */
  readonly drainMs?: number;
  /** Called as each session begins. */
  readonly onSession?: (session: SessionId) => void;
}

/** No subject token, so no tool can be of this pool. */
const NO_POOL = '(stopping)';

export class ExecutorAgent {
  readonly #options: ExecutorOptions;
  readonly #ports: ExecutorPorts;
  readonly #calls: CallRunner;
  readonly #stopping = new AbortController();
  readonly #backoff: Backoff;
  #session: Session;
  /** Settles when the pull that was sent last has been answered, and what it brought is taken in. */
  #asking: Promise<void> | undefined;
  /** Tools of fenced sessions that have not ended: their slots are not free. */
  #leftovers = 0;
  #stopped: Promise<void> | undefined;
  #whenEmpty: (() => void) | undefined;

  constructor(options: ExecutorOptions, ports: ExecutorPorts) {
    this.#options = options;
    this.#ports = ports;
    this.#backoff = new Backoff(FIRST_RETRY_MS, LONGEST_RETRY_MS, ports.random);
    this.#session = this.#begin();
    this.#calls = new CallRunner({
      ports,
      maxOutputBytes: options.maxOutputBytes ?? DEFAULT_MAX_OUTPUT_BYTES,
      onLeftoverDone: () => {
        this.#leftovers--;
        this.#pull(true);
      },
    });
  }

  /** The session that pulls now. */
  get session(): SessionId {
    return this.#session.runner.session;
  }

  /** Grants that are held: they run, or wait for their completion to be committed. */
  get held(): number {
    return this.#session.log.held;
  }

  /** Begins to pull. */
  start(): void {
    this.#pull();
  }

  /**
   * Takes no more work, gives back what has not begun, lets running calls finish and commits them; what still runs after the drain bound is ended by
   * force and left to the scheduler, which sees the session fall silent.
   */
  stop(): Promise<void> {
    return (this.#stopped ??= this.#stop());
  }

  async #stop(): Promise<void> {
    this.#stopping.abort();
    this.#session.draining = true;
    const open = this.#asking;
    if (open) this.#pull(true);
    // What is on its way in answer to the pull that was open goes back; the leader answers that one as it hears of this.
    await Promise.race([open, delay(FAREWELL_MS)]);
    if (this.held > 0) {
      const bound = new AbortController();
      const late = delay(this.#options.drainMs ?? DRAIN_MS, undefined, { signal: bound.signal });
      await Promise.race([
        new Promise<void>((resolve) => (this.#whenEmpty = resolve)),
        late.catch(() => undefined),
      ]);
      bound.abort();
    }
    endSession(this.#session);
    this.#calls.close();
    await Promise.all(Object.values(this.#ports.adapters).map((adapter) => adapter.close()));
  }

  #begin(): Session {
    const begun = beginSession(
      this.#options.executor,
      this.#ports,
      (session) => this.#onCommit(session),
      (session) => this.#onLost(session),
    );
    this.#options.onSession?.(begun.runner.session);
    return begun;
  }

  #onCommit(session: Session): void {
    if (session.log.held === 0) this.#whenEmpty?.();
    this.#pull();
  }

  /** The session is over: its subject was fenced, or the scheduler says that it gave it up. */
  #onLost(session: Session): void {
    if (session.ended) return;
    endSession(session);
    this.#leftovers += session.running;
    this.#ports.metrics.fenced();
    this.#session = this.#begin();
    this.#whenEmpty?.();
    this.#pull();
  }

  /**
   * Keeps one pull out, also when every slot is taken: it is what the scheduler knows the session to live by. What it says
   * of this executor stands while it is out, so that a change needs one `anew`, in its place. One that stops pulls for a
   * pool that no tool can name, so that it is heard of and gets nothing.
   */
  #pull(anew = false): void {
    const session = this.#session;
    const stopping = this.#stopping.signal.aborted;
    if (session.ended || (!anew && (session.pulling || (stopping && session.log.held === 0)))) return;
    session.pulling = true;
    const { labels, shared } = this.#options;
    const { log, runner } = session;
    const pool = stopping ? NO_POOL : this.#options.pool;
    const slots = Math.max(1, this.#options.slots - this.#leftovers);
    const standing = { ...runner, slots, pool, labels, ...shared, holding: log.held, asOf: log.asOf };
    this.#asking = this.#ask(session, session.listing ? { ...standing, running: log.running() } : standing);
  }

  async #ask(session: Session, request: PullRequest): Promise<void> {
    const mine = ++session.pulls;
    const begun = performance.now();
    let brought = 0;
    const take = (reply: PullReply): void => {
      brought += this.#take(session, request, reply);
    };
    try {
      const last = await this.#ports.scheduler.pull(request, take);
      if (session.ended) return;
      if (last.lost) return this.#onLost(session);
      session.listing = last.resync === true && request.running === undefined;
      take(last);
      const openMs = performance.now() - begun;
      // A pull without work is held open by the leader; one that ends at once must not become a busy loop.
      if (brought === 0 && openMs < HELD_PULL_MS && !session.listing) await this.#pause();
      else this.#backoff.reset();
    } catch (error) {
      if (session.ended) return;
      this.#ports.metrics.pullFailed();
      this.#ports.trouble(error, 'pulling work from the scheduler');
      await this.#pause();
    }
    // Another pull may have taken the place of this one.
    if (mine !== session.pulls) return;
    session.pulling = false;
    this.#pull();
  }

  /** Takes in an answer to a pull; returns how much of it was new. */
  #take(session: Session, { asOf }: PullRequest, { grants, stops = [] }: PullReply): number {
    if (session.ended) return 0;
    const taken = grants.filter((grant) => session.log.accept(grantKey(grant)));
    session.log.answered(asOf);
    for (const grant of taken) this.#calls.take(session, grant);
    for (const order of stops) this.#calls.stop(session, order);
    this.#ports.metrics.pulled(taken.length);
    return taken.length + stops.length;
  }

  #pause(): Promise<void> {
    return delay(this.#backoff.pauseMs());
  }
}
