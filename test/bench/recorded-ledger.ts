/**
 * A ledger as a running suite writes it, made in memory by the real cores in real hosts: single calls, at most so many
 * outstanding, and an executor that completes what it is granted. Recorded once, it can be replayed at any speed.
 */
import { digestOf, encodeCommit, subjects } from '@writ/contracts';
import type { AgentId, Decider, ExecutorId, SessionId, TenantId } from '@writ/contracts';
import { budget } from '@writ/budget';
import { DeciderHost, ReactionHeader, memoryLedger, soleLease } from '@writ/ledger';
import type { CommittedFact, Ledger, LedgerCommit } from '@writ/ledger';
import { policy } from '@writ/policy';
import { scheduler } from '@writ/scheduler';
import { publishCatalog } from './catalog.ts';
import { AGENT, requestBytes } from './plain-client.ts';

const TENANT = 't0' as TenantId;
const EXECUTOR = 'exec-1' as ExecutorId;
const SESSION = 'exec-1-life-1' as SessionId;
const SLOTS = 1_024;

export interface RecordOptions {
  readonly calls: number;
  readonly outstanding: number;
  /** Calls of one request. */
  readonly step: number;
}

/** Every commit of the run, in order. */
export async function recordLedger(options: RecordOptions): Promise<readonly LedgerCommit[]> {
  const ledger = memoryLedger({ now: Date.now });
  await publishCatalog(ledger, TENANT);
  const run = new Run(ledger, options);
  const hosts = [
    host(ledger, policy, undefined, (facts) => run.note(facts)),
    host(ledger, budget, undefined, () => {}),
    host(
      ledger,
      scheduler,
      {
        executors: [{ executor: EXECUTOR, session: SESSION, pool: 'default', slots: SLOTS, labels: {} }],
        silent: [],
        fresh: [],
      },
      (facts) => run.complete(facts),
    ),
  ];
  await Promise.all(hosts.map((each) => each.start()));
  await run.finished;
  await Promise.all(hosts.map((each) => each.stop()));
  return ledger.commits;
}

/** Appends recorded commits as they are, headers included. */
export async function replayInto(ledger: Ledger, commits: readonly LedgerCommit[]): Promise<void> {
  const pipelined = 1_000;
  for (let start = 0; start < commits.length; start += pipelined) {
    await Promise.all(
      commits.slice(start, start + pipelined).map(({ subject, data, id, header }) => {
        const headers = Object.values(ReactionHeader).flatMap((name) => {
          const value = header(name);
          return value === undefined ? [] : [[name, value] as const];
        });
        return ledger.append({ subject, data, id: id ?? '', headers: Object.fromEntries(headers) });
      }),
    );
  }
}

function host<State, Offer>(
  ledger: Ledger,
  decider: Decider<State, Offer>,
  offer: Offer,
  onCommitted: (facts: readonly CommittedFact[]) => void,
): DeciderHost<State, Offer> {
  const parts = { ledger, lease: soleLease, now: Date.now, tickMs: 0, renewMs: 0 };
  return new DeciderHost({ ...parts, decider, holder: `${decider.name}-1`, offer: () => offer, onCommitted });
}

/** The agent and the executor of a recorded run. */
class Run {
  readonly finished: Promise<void>;
  readonly #ledger: Ledger;
  readonly #options: RecordOptions;
  readonly #agents = new Map<string, AgentId>();
  readonly #done = Promise.withResolvers<void>();
  #asked = 0;
  #ended = 0;

  constructor(ledger: Ledger, options: RecordOptions) {
    this.#ledger = ledger;
    this.#options = options;
    this.finished = this.#done.promise;
    this.#ask();
  }

  note(facts: readonly CommittedFact[]): void {
    for (const { fact } of facts)
      if (fact.type === 'policy.decided') this.#agents.set(fact.data.invocation, fact.data.agent);
  }

  /** One commit for everything that one reaction granted. */
  complete(facts: readonly CommittedFact[]): void {
    const now = Date.now();
    const events = facts.flatMap(({ fact }) => {
      if (fact.type !== 'schedule.dispatched') return [];
      const { invocation, attempt, argsDigest } = fact.data;
      const output = { candidate: invocation, repeat: 0 };
      const data = {
        invocation,
        attempt,
        agent: this.#agents.get(invocation),
        executor: EXECUTOR,
        session: SESSION,
        argsDigest,
        outcome: 'succeeded',
        output,
        outputDigest: digestOf(output),
        usage: { 'node-hours': '1000', seconds: '12000' },
        startedAtMs: now - 12,
        endedAtMs: now,
      };
      this.#agents.delete(invocation);
      const id = `${SESSION}.${invocation}.${attempt}`;
      const time = new Date(now).toISOString();
      const source = `writ/executor/${EXECUTOR}`;
      return [{ specversion: '1.0' as const, id, source, type: 'execution.completed', time, data }];
    });
    if (events.length === 0) return;
    const subject = subjects.executions(TENANT, EXECUTOR);
    void this.#ledger.append({ subject, data: encodeCommit(events), id: `${SESSION}.${this.#ended}` });
    this.#ended += events.length;
    if (this.#ended >= this.#options.calls) this.#done.resolve();
    else this.#ask();
  }

  #ask(): void {
    const { calls, outstanding, step } = this.#options;
    while (this.#asked < calls && this.#asked - this.#ended < outstanding) {
      const id = `recorded-${this.#asked}`;
      const subject = subjects.requests(TENANT, AGENT as AgentId);
      void this.#ledger.append({ subject, data: requestBytes(id, step), id });
      this.#asked += step;
    }
  }
}
