/**
 * Agents' calls under way all the time, and what the ledger says became of each: notices get lost when servers are
 * killed, facts do not. A call whose end nobody saw makes room for the next one, because only a person can end it.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '@writ/contracts';
import type { RecordedFact } from '@writ/contracts';
import type { GovernedToolExecutor } from '@writ/sdk';
import type { Random } from '../../simulation/random.ts';

export interface IssuedCall {
  readonly invocation: string;
  readonly tool: string;
  /** How it ended: `succeeded`, or what else the ledger says. */
  end?: string;
  /** Why it was not even sent. */
  failure?: string;
}

export interface LoadOptions {
  readonly agent: GovernedToolExecutor;
  readonly random: Random;
  readonly lanes: number;
  /** Names of tools, each as often as it should be called. */
  readonly tools: readonly string[];
  /** Where tools note their effects. */
  readonly file: string;
}

/** How long a tool takes before its effect, and after it. */
const LONGEST_WORK_MS = 80;
/** Generous: whatever is open later is lost. */
const SETTLED_WITHIN_MS = 120_000;
/** Ends of calls that did not succeed; a call that is resolved was listed before. */
const ENDS: ReadonlySet<string> = new Set([
  'request.rejected',
  'budget.refused',
  'schedule.refused',
  'invocation.cancelled',
]);

export class Load {
  readonly calls = new Map<string, IssuedCall>();
  /** Calls that are not under way any more. */
  settled = 0;
  readonly #options: LoadOptions;
  readonly #underWay = new Map<string, () => void>();
  #enough = false;
  #lanes: Promise<unknown> = Promise.resolve();

  constructor(options: LoadOptions) {
    this.#options = options;
  }

  start(): void {
    this.#lanes = Promise.all(Array.from({ length: this.#options.lanes }, async () => this.#lane()));
  }

  /** What stands in the ledger. */
  hear(fact: RecordedFact): void {
    const end = endIn(fact);
    const { invocation = '' } = fact.data as { readonly invocation?: string };
    const call = this.calls.get(invocation);
    if (!call || end === undefined) return;
    if (end !== 'indeterminate') call.end = end;
    this.#underWay.get(invocation)?.();
  }

  /** Asks for nothing more; resolves when no call is under way, at the latest after a bound. */
  async finish(): Promise<void> {
    this.#enough = true;
    await Promise.race([this.#lanes, delay(SETTLED_WITHIN_MS, undefined, { ref: false })]);
  }

  async #lane(): Promise<void> {
    const { random, tools } = this.#options;
    while (!this.#enough) {
      const call: IssuedCall = { invocation: `c-${this.calls.size}`, tool: random.pick(tools) };
      this.calls.set(call.invocation, call);
      await this.#ask(call);
      if (call.failure !== undefined) return;
      this.settled++;
    }
  }

  async #ask(call: IssuedCall): Promise<void> {
    const { agent, random, file } = this.#options;
    const { invocation, tool } = call;
    const [beforeMs, afterMs] = [random.below(LONGEST_WORK_MS), random.below(LONGEST_WORK_MS)];
    const settled = new Promise<void>((resolve) => this.#underWay.set(invocation, resolve));
    const sent = agent.run({ tool, inputs: { call: invocation, file, beforeMs, afterMs }, invocation });
    const failed = new Promise<void>((resolve) => {
      sent.catch((error: unknown) => {
        call.failure = messageOf(error);
        resolve();
      });
    });
    await Promise.race([settled, failed]);
    this.#underWay.delete(invocation);
  }
}

function endIn(fact: RecordedFact): string | undefined {
  if (fact.type === 'execution.completed') return fact.data.outcome;
  if (fact.type === 'schedule.indeterminate') return 'indeterminate';
  if (fact.type === 'policy.decided' && fact.data.verdict === 'deny') return 'denied';
  return ENDS.has(fact.type) ? fact.type : undefined;
}
