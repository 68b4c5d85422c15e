/**
 * One attempt of a node as its agent sees it: what to do, with which tools, and the way to call them. Every call carries
 * the attempt it belongs to, and its id is derived from what is asked, so that an attempt that is done over after a crash
 * finds the outcomes of the calls that it made before.
 */
import { WritError, digestOf } from '@writ/contracts';
import type { InvocationId, NodeOpening, RunId, WorkflowNode } from '@writ/contracts';
import type { RunOptions } from '../call-options.ts';
import type { CallOutcome, Succeeded } from '../outcome.ts';

/** What the agent of a node gets. */
export interface NodeTask {
  readonly run: string;
  readonly name: string;
  readonly type: string;
  readonly task: string | undefined;
  /** 1 for the first attempt. */
  readonly attempt: number;
  /** The only tools that it may call; empty: any. */
  readonly tools: readonly string[];
  /** Aborted when the attempt's time is up or the run is cancelled. */
  readonly signal: AbortSignal;
  /** A governed call within this attempt. */
  call(tool: string, inputs?: Readonly<Record<string, unknown>>): Promise<CallOutcome>;
}

export interface MadeCall {
  readonly tool: string;
  readonly outcome: Succeeded;
  /** When it was asked for, on this process's clock; what it fetched is not older. */
  readonly askedAtMs: number;
}

type Run = (options: RunOptions) => Promise<CallOutcome>;

export class AttemptCalls {
  /** Calls that succeeded, in the order in which they were asked for. */
  readonly made: (MadeCall | undefined)[] = [];
  readonly task: NodeTask;
  readonly #pending = new Set<Promise<unknown>>();
  readonly #occurrences = new Map<string, number>();
  #over = false;

  constructor(
    run: RunId,
    node: WorkflowNode,
    { attempt }: NodeOpening,
    signal: AbortSignal,
    call: Run,
    mayBeKnown: boolean,
  ) {
    const flow = { run, node: node.name, attempt };
    const make = (tool: string, inputs: Readonly<Record<string, unknown>> = {}): Promise<CallOutcome> => {
      if (this.#over)
        return Promise.reject(
          new WritError(
            'attempt-over',
            `attempt ${attempt} of "${node.name}" is over: it calls nothing more`,
          ),
        );
      const invocation = this.#idOf(flow, tool, inputs);
      const place = this.made.push(undefined) - 1;
      const askedAtMs = Date.now();
      const outcome = call({ tool, inputs, invocation, flow, signal, mayBeKnown });
      this.#follow(
        outcome.then((ended) => {
          if (ended.status === 'succeeded') this.made[place] = { tool, outcome: ended, askedAtMs };
        }),
      );
      return outcome;
    };
    const { name, type, task, tools } = node;
    this.task = { run, name, type, task, attempt, tools, signal, call: make };
  }

  /** Resolves when no call is under way; from then on none can be made. */
  async settled(): Promise<readonly MadeCall[]> {
    while (this.#pending.size > 0) await Promise.allSettled(this.#pending);
    this.#over = true;
    return this.made.filter((call) => call !== undefined);
  }

  end(): void {
    this.#over = true;
  }

  #follow(settled: Promise<unknown>): void {
    const watched = settled.catch(() => undefined).finally(() => this.#pending.delete(watched));
    this.#pending.add(watched);
  }

  /** The same question asked a second time is another call. */
  #idOf(flow: object, tool: string, inputs: unknown): InvocationId {
    const asked = digestOf([flow, tool, inputs]);
    const times = (this.#occurrences.get(asked) ?? 0) + 1;
    this.#occurrences.set(asked, times);
    return `w-${asked.slice(7, 47)}-${times}` as InvocationId;
  }
}
