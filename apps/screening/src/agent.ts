/**
 * The agent's side of a governed call: how the campaign asks for many reads at once, for calls that a person may have
 * to approve, and for calls one after another. Outcomes go to the journal in the order in which they were asked for.
 */
import { randomUUID } from 'node:crypto';
import type { GovernedToolExecutor, NoticedFact } from '@writ/sdk';
import type { ApprovalDesk, PendingCall } from './approvals.ts';
import type { Ending, Journal } from './journal.ts';
import type { Progress } from './progress.ts';

export interface Asked {
  readonly tool: string;
  readonly molecule?: string;
  readonly inputs: Readonly<Record<string, unknown>>;
  /** Shown to whom approves. */
  readonly justification?: string;
}

/** Reads that are under way at once; the executor runs as many as it has threads. */
const CONCURRENCY = 64;

const BUDGET_TAG = 'screening-campaign';

export class Agent {
  readonly #executor: GovernedToolExecutor;
  readonly #desk: ApprovalDesk;
  readonly #journal: Journal;
  readonly #progress: Progress;
  readonly #indeterminate: Indeterminates;

  constructor(
    executor: GovernedToolExecutor,
    desk: ApprovalDesk,
    indeterminate: Indeterminates,
    shown: { readonly journal: Journal; readonly progress: Progress },
  ) {
    this.#executor = executor;
    this.#desk = desk;
    this.#indeterminate = indeterminate;
    this.#journal = shown.journal;
    this.#progress = shown.progress;
  }

  /** Many calls of one READ_ONLY tool, some of them at once. */
  async readAll(stage: string, calls: readonly Asked[]): Promise<readonly Ending[]> {
    if (calls.length === 0) return [];
    const bar = this.#progress.stage(stage, calls.length);
    const outcomes = await this.#executor.map(
      calls.map(({ inputs }) => inputs),
      {
        tool: calls[0]?.tool ?? '',
        budgetTag: BUDGET_TAG,
        concurrency: CONCURRENCY,
        onProgress: () => bar.tick(),
      },
    );
    bar.end();
    return this.#keep(stage, calls, outcomes);
  }

  /** The calls of one generation of a model: one step, planned as a whole. */
  async step(stage: string, calls: readonly Asked[]): Promise<readonly Ending[]> {
    const bar = this.#progress.stage(stage, calls.length);
    const outcomes = await this.#executor.runStep(calls, { budgetTag: BUDGET_TAG });
    for (const _ of outcomes) bar.tick();
    bar.end();
    return this.#keep(stage, calls, outcomes);
  }

  /**
   * Calls that people may have to approve. All of them are asked for in one message, so that their order in the ledger,
   * and with it who gets the last money, is the order of the list.
   */
  async askAll(stage: string, calls: readonly Asked[]): Promise<readonly Ending[]> {
    const bar = this.#progress.stage(stage, calls.length);
    const pending = new Map<string, PendingCall>();
    const asked = calls.map(async (call) => {
      const invocation = randomUUID();
      const controller = new AbortController();
      pending.set(invocation, {
        subject: call.molecule ?? call.tool,
        withdraw: () => controller.abort(new Error('nobody is here to approve it')),
      });
      const outcome = await this.#one(call, invocation, controller.signal);
      bar.tick();
      return outcome;
    });
    const outcomes = await this.#desk.during(pending, Promise.all(asked));
    bar.end();
    return this.#keep(stage, calls, outcomes);
  }

  /** Calls one after another, each asked for when the one before has ended. */
  async inTurn(stage: string, calls: readonly Asked[]): Promise<readonly Ending[]> {
    const bar = this.#progress.stage(stage, calls.length);
    const outcomes: Ending[] = [];
    for (const call of calls) {
      outcomes.push(await this.#one(call, randomUUID()));
      bar.tick();
    }
    bar.end();
    return this.#keep(stage, calls, outcomes);
  }

  async #one(call: Asked, invocation: string, signal?: AbortSignal): Promise<Ending> {
    const { tool, inputs, justification } = call;
    const outcome = this.#executor.run({
      tool,
      inputs,
      invocation,
      justification,
      signal,
      budgetTag: BUDGET_TAG,
    });
    return this.#indeterminate.orEnding(invocation, outcome);
  }

  #keep(stage: string, calls: readonly Asked[], outcomes: readonly Ending[]): readonly Ending[] {
    calls.forEach(({ tool, molecule }, index) => {
      const outcome = outcomes[index];
      if (outcome)
        this.#journal.add({ stage, tool, outcome, ...(molecule === undefined ? {} : { molecule }) });
    });
    return outcomes;
  }
}

/** Calls whose outcome nobody but a person will ever know; the campaign must not wait for them. */
export class Indeterminates {
  readonly #waiting = new Map<string, (ending: Ending) => void>();

  notice(fact: NoticedFact): void {
    if (fact.type !== 'schedule.indeterminate') return;
    const { invocation } = fact.data as { readonly invocation: string };
    this.#waiting.get(invocation)?.({ status: 'indeterminate', invocation });
  }

  async orEnding(invocation: string, outcome: Promise<Ending>): Promise<Ending> {
    const lost = new Promise<Ending>((resolve) => this.#waiting.set(invocation, resolve));
    try {
      return await Promise.race([outcome, lost]);
    } finally {
      this.#waiting.delete(invocation);
    }
  }
}
