/**
 * Agents' calls under way all the time, and what became of each: an outcome, or a place on the list of calls whose end
 * nobody saw. A lane that has a listed call goes on with the next one, because only a person can end it.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { NatsConnection } from '@nats-io/nats-core';
import { messageOf, subjects } from '@writ/contracts';
import type { TenantId } from '@writ/contracts';
import type { CallOutcome, GovernedToolExecutor } from '@writ/sdk';
import { z } from 'zod';
import type { Random } from '../../simulation/random.ts';

export interface IssuedCall {
  readonly invocation: string;
  readonly tool: string;
  outcome?: CallOutcome;
  /** Why it was not even asked for, or not to the end. */
  failure?: string;
  /** Who has to say what became of it. */
  owner?: string;
}

const indeterminate = z.object({ calls: z.array(z.object({ invocation: z.string(), owner: z.string() })) });
export type ListedCall = z.infer<typeof indeterminate>['calls'][number];

export interface LoadOptions {
  readonly agent: GovernedToolExecutor;
  /** May ask the scheduler. */
  readonly operator: NatsConnection;
  readonly tenant: TenantId;
  readonly random: Random;
  readonly lanes: number;
  /** Names of tools, each as often as it should be called. */
  readonly tools: readonly string[];
  /** Where tools note their effects. */
  readonly file: string;
}

/** How long a tool takes before its effect, and after it. */
const LONGEST_WORK_MS = 80;
const LIST_EVERY_MS = 300;
/** Generous: whatever is open later is lost. */
const SETTLED_WITHIN_MS = 120_000;

export class Load {
  readonly calls = new Map<string, IssuedCall>();
  /** Calls that are not under way any more. */
  settled = 0;
  readonly #options: LoadOptions;
  readonly #unlisted = new Map<string, () => void>();
  #enough = false;
  #lanes: Promise<unknown> = Promise.resolve();
  #lister: NodeJS.Timeout | undefined;

  constructor(options: LoadOptions) {
    this.#options = options;
  }

  start(): void {
    this.#lanes = Promise.all(Array.from({ length: this.#options.lanes }, async () => this.#lane()));
    this.#lister = setInterval(() => void this.#lookAtList(), LIST_EVERY_MS);
  }

  /** Asks for nothing more; resolves when every call has ended or is listed, at the latest after a bound. */
  async finish(): Promise<void> {
    this.#enough = true;
    await Promise.race([this.#lanes, delay(SETTLED_WITHIN_MS, undefined, { ref: false })]);
    clearInterval(this.#lister);
  }

  /** The calls that the scheduler lists as indeterminate. */
  async list(): Promise<readonly ListedCall[]> {
    const { operator, tenant } = this.#options;
    const reply = await operator.request(subjects.api(tenant, 'scheduler', 'indeterminate'), '{}');
    return indeterminate.parse(reply.json()).calls;
  }

  async #lane(): Promise<void> {
    const { random, tools } = this.#options;
    while (!this.#enough) {
      const call: IssuedCall = { invocation: `c-${this.calls.size}`, tool: random.pick(tools) };
      this.calls.set(call.invocation, call);
      await this.#ask(call);
      if (call.failure) return;
      this.settled++;
    }
  }

  async #ask(call: IssuedCall): Promise<void> {
    const { agent, random, file } = this.#options;
    const { invocation, tool } = call;
    const inputs = {
      call: invocation,
      file,
      beforeMs: random.below(LONGEST_WORK_MS),
      afterMs: random.below(LONGEST_WORK_MS),
    };
    const listed = new Promise<void>((resolve) => this.#unlisted.set(invocation, resolve));
    // What is still open at the end fails with `closed`; it stands on the list.
    const ended = agent.run({ tool, inputs, invocation }).then(
      (outcome) => (call.outcome = outcome),
      (error: unknown) => (call.failure = messageOf(error)),
    );
    await Promise.race([ended, listed]);
    this.#unlisted.delete(invocation);
  }

  /** Whoever cannot answer now is asked again later. */
  async #lookAtList(): Promise<void> {
    const listed = await this.list().catch(() => []);
    for (const { invocation, owner } of listed) {
      if (owner !== 'person') continue;
      const call = this.calls.get(invocation);
      if (call) call.owner = owner;
      this.#unlisted.get(invocation)?.();
    }
  }
}
