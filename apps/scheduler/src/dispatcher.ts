/**
 * Between executors and the core: pulls become its offer, committed grants become their answers, owed fences are
 * appended. Grants leave only after their commit is acknowledged, and are looked up only while nothing is in flight,
 * because the state runs ahead of the ledger until then.
 */
import { Inject, Injectable, Logger } from '@nestjs/common';
import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import type { Msg, NatsConnection, Subscription } from '@nats-io/nats-core';
import { CELL, invariant, messageOf, pullRequest, subjects } from '@writ/contracts';
import type { ExecutorId, Grant, PullRequest } from '@writ/contracts';
import type { CommittedFact, Ledger } from '@writ/ledger';
import { grantDetails, openAlerts, openGrants, sessionLost } from '@writ/scheduler';
import type { GrantDetails, SchedulerOffer, SchedulerState } from '@writ/scheduler';
import { CONNECTION, DeciderTransport, LEDGER, isInbox, jsonOf } from '@writ/service';
import { AlertSender } from './alert-sender.ts';
import { Fences } from './fences.ts';
import { CHECK_MS } from './limits.ts';
import { NO_GRANTS, Pulls } from './pulls.ts';
import { SCHEDULER_CONFIG } from './scheduler.config.ts';
import type { SchedulerConfig } from './scheduler.config.ts';
import { Sessions } from './sessions.ts';
import { Stops } from './stops.ts';

const RESYNC = '{"grants":[],"resync":true}';
const LOST = '{"grants":[],"lost":true}';

interface ArrivedPull {
  readonly request: PullRequest;
  readonly answer: (payload: string) => void;
}

@Injectable()
export class Dispatcher implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #transport: DeciderTransport<SchedulerState, SchedulerOffer>;
  readonly #connection: NatsConnection;
  readonly #config: SchedulerConfig;
  readonly #pulls = new Pulls();
  readonly #sessions: Sessions;
  readonly #fences: Fences;
  readonly #stops = new Stops(this.#pulls);
  readonly #alerts: AlertSender;
  #arrived: ArrivedPull[] = [];
  #subscription: Subscription | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    @Inject(DeciderTransport) transport: DeciderTransport<SchedulerState, SchedulerOffer>,
    @Inject(CONNECTION) connection: NatsConnection,
    @Inject(LEDGER) ledger: Ledger,
    @Inject(SCHEDULER_CONFIG) config: SchedulerConfig,
  ) {
    this.#transport = transport;
    this.#connection = connection;
    this.#config = config;
    this.#sessions = new Sessions(config.WRIT_EXECUTOR_SILENT_MS);
    this.#fences = new Fences(ledger);
    const log = new Logger('alerts');
    this.#alerts = new AlertSender({
      urls: config.WRIT_ALERT_WEBHOOKS,
      secret: config.WRIT_ALERT_SECRET ?? '',
      onSent: () => transport.host.wake(),
      log: (sentence) => log.warn(sentence),
    });
    transport.offer = () => this.#offer();
    transport.onCommitted = (facts, state) => this.#onCommitted(facts, state);
    // Executors wait at whoever led before, who may be dead and end none of their pulls.
    transport.onLeading = () => connection.publish(subjects.leaders('scheduler'));
  }

  onApplicationBootstrap(): void {
    const subject = subjects.api(CELL, 'scheduler', 'pull');
    this.#subscription = this.#connection.subscribe(subject, {
      callback: (_error, message) => this.#onPull(message),
    });
    this.#timer = setInterval(() => this.#check(), CHECK_MS);
  }

  onApplicationShutdown(): void {
    clearInterval(this.#timer);
    this.#subscription?.unsubscribe();
    this.#pulls.clear();
    this.#alerts.stop();
  }

  /** Slots of the executors that pull now, by pool; none at a standby. */
  get slots(): ReadonlyMap<string, number> {
    return this.#pulls.slots();
  }

  /** Only the leader answers; an executor that nobody answers asks again. */
  #onPull(message: Msg): void {
    const { host } = this.#transport;
    if (host.role !== 'leading' || !isInbox(message.reply)) return;
    const parsed = pullRequest.safeParse(jsonOf(message));
    if (!parsed.success) {
      const error = { code: 'bad-request', message: messageOf(parsed.error) };
      message.respond(JSON.stringify({ error }));
      return;
    }
    this.#arrived.push({ request: parsed.data, answer: (payload) => void message.respond(payload) });
    host.wake();
  }

  /** Asked for at the start of every reaction, when everything in the state is committed. */
  #offer(): SchedulerOffer {
    // Only here: a pull that ended while its grants are being committed would not carry them.
    this.#pulls.expire(performance.now(), this.#config.WRIT_PULL_HOLD_MS);
    this.#admit();
    this.#stops.settle(this.#transport.host.state);
    const executors = this.#pulls.executors();
    const sent = this.#alerts.look(openAlerts(this.#transport.host.state));
    return { executors, silent: this.#sessions.silent, fresh: this.#sessions.fresh, sent };
  }

  /** Holds the pulls that have arrived, or answers them at once with grants whose first answer was lost. */
  #admit(): void {
    if (this.#arrived.length === 0) return;
    const { host } = this.#transport;
    const later: ArrivedPull[] = [];
    for (const pull of this.#arrived) {
      if (pull.request.asOf > host.seen) {
        later.push(pull);
        continue;
      }
      const answer = this.#answerAtOnce(host.state, pull.request);
      if (answer !== LOST) this.#sessions.onPull(host.state, pull.request);
      if (answer === undefined) this.#pulls.hold({ ...pull, heldSince: performance.now() });
      else pull.answer(answer);
    }
    this.#arrived = later;
  }

  /** A pull is held unless its session is over, or grants of it went out that its executor does not hold. */
  #answerAtOnce(state: SchedulerState, request: PullRequest): string | undefined {
    if (sessionLost(state, request.executor, request.session)) return LOST;
    const grants = this.#lostGrants(state, request);
    if (grants === 'unclear') return RESYNC;
    return grants.length > 0 ? JSON.stringify({ grants }) : undefined;
  }

  /** Open grants of this session that its executor does not hold; `unclear` until it has listed what it holds. */
  #lostGrants(state: SchedulerState, request: PullRequest): Grant[] | 'unclear' {
    const open = openGrants(state, request.executor, request.session);
    if (open.length <= request.holding) return [];
    if (!request.running) return 'unclear';
    const running = new Set(request.running);
    return (
      open
        .filter(({ tenant, invocation, attempt }) => !running.has(`${tenant}/${invocation}/${attempt}`))
        // What is sent again gets today's sequence as its token: above every earlier grant's, below every later one's.
        .map((details) => grantOf(details, this.#transport.host.seen))
    );
  }

  #onCommitted(facts: readonly CommittedFact[], state: SchedulerState): void {
    const byExecutor = new Map<ExecutorId, Grant[]>();
    for (const { fact, seq } of facts) {
      if (fact.type !== 'schedule.dispatched') continue;
      const details = grantDetails(state, fact.tenant, fact.data.invocation);
      invariant(details, `the grant of ${fact.data.invocation} is committed but not in the state`);
      const grants = byExecutor.get(fact.data.executor);
      if (grants) grants.push(grantOf(details, seq));
      else byExecutor.set(fact.data.executor, [grantOf(details, seq)]);
    }
    for (const [executor, grants] of byExecutor) this.#pulls.grant(executor, grants);
    this.#fences.settle(state);
  }

  #check(): void {
    const { host } = this.#transport;
    if (host.role !== 'leading') {
      for (const { answer } of this.#arrived) answer(NO_GRANTS);
      this.#arrived = [];
      this.#pulls.clear();
      this.#sessions.reset();
      this.#alerts.stop();
      return;
    }
    this.#sessions.check(host.state);
    this.#fences.settle(host.state);
    this.#stops.settle(host.state);
    if (this.#sessions.silent.length > 0 || this.#sessions.fresh.length > 0) host.wake();
  }
}

function grantOf(details: GrantDetails, fencingToken: number): Grant {
  return { ...details, fencingToken };
}
