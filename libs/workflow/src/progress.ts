/**
 * What follows when a node ends: which nodes may begin, which never will. Works on a copy of the statuses, so that an
 * answer can be thought through before it is a fact. A decision's untaken paths are skipped, and so is everything that
 * needs the data of a failed node; a failed node's stand-in begins instead of it.
 */
import { NodeEnd } from '@writ/contracts';
import type { EventData, NodeOpening, WorkflowEdge } from '@writ/contracts';
import { isFallback } from './plan.ts';
import type { PlannedNode } from './plan.ts';
import type { NodeStatus, Run } from './state.ts';

export interface Spread {
  readonly opens: NodeOpening[];
  readonly skips: string[];
}

export type FailedNext = 'fail' | 'fallback' | 'person';

/** What an accepted node handed over. */
export interface HandedOver {
  readonly output?: unknown;
  readonly routedTo?: string | undefined;
}

/** What a node is given to work on. */
export interface NodeInput {
  /** The run's own input. */
  readonly input: unknown;
  /** Accepted outputs of the nodes before it, by name. */
  readonly from: Readonly<Record<string, unknown>>;
}

export class Progress {
  readonly #run: Run;
  readonly #status = new Map<string, NodeStatus>();
  readonly #handedOver = new Map<string, HandedOver>();

  constructor(run: Run) {
    this.#run = run;
  }

  /** The nodes where data enters. */
  start(): Spread {
    const spread = newSpread();
    for (const root of this.#run.plan.roots) this.#open(root, spread);
    return spread;
  }

  accept(name: string, output: unknown, routedTo: string | undefined): Spread {
    this.#handedOver.set(name, { output, routedTo });
    return this.#end(name, 'accepted');
  }

  /** It cannot begin: nobody could help it by asking it again. */
  block(name: string): { readonly next: FailedNext; readonly spread: Spread } {
    return { next: isFallback(this.#planned(name).node) ? 'fallback' : 'fail', spread: this.giveUp(name) };
  }

  /** Its attempts are used up. */
  fail(name: string): { readonly next: FailedNext; readonly spread: Spread } {
    const { onFailure } = this.#planned(name).node;
    if (onFailure === 'person') {
      this.#status.set(name, 'person');
      return { next: 'person', spread: newSpread() };
    }
    return { next: onFailure === 'fail' ? 'fail' : 'fallback', spread: this.giveUp(name) };
  }

  /** A person has said that it fails, or its declaration does. */
  giveUp(name: string): Spread {
    return this.#end(name, 'failed');
  }

  inputOf(name: string): NodeInput {
    const planned = this.#planned(name);
    const { incoming } = planned.standsInFor === undefined ? planned : this.#planned(planned.standsInFor);
    return inputOver(this.#run.input, incoming, (from) => this.#accepted(from));
  }

  #end(name: string, status: NodeStatus): Spread {
    const spread = newSpread();
    this.#status.set(name, status);
    const ended = [name];
    for (const one of ended) {
      const { node, outgoing } = this.#planned(one);
      if (isFallback(node)) this.#standIn(one, node.onFailure.fallback, spread, ended);
      for (const { to } of outgoing) {
        if (this.#statusOf(to) !== 'waiting') continue;
        const next = this.#readiness(to);
        if (next === 'open') this.#open(to, spread);
        else if (next === 'skipped') this.#skip(to, spread, ended);
      }
    }
    return spread;
  }

  #standIn(name: string, fallback: string, spread: Spread, ended: string[]): void {
    if (this.#statusOf(fallback) !== 'waiting') return;
    if (this.#statusOf(name) === 'failed') this.#open(fallback, spread);
    else this.#skip(fallback, spread, ended);
  }

  /** Once all nodes before it have ended: open when data comes in and none is missing. */
  #readiness(name: string): 'open' | 'skipped' | undefined {
    let isReached = false;
    let isMissing = false;
    for (const { from, when } of this.#planned(name).incoming) {
      const status = this.#statusOf(from);
      if (status === 'waiting' || status === 'open' || status === 'person') return undefined;
      if (status === 'failed' && !isFallback(this.#planned(from).node)) isMissing = true;
      if (isTaken(this.#accepted(from), when)) isReached = true;
    }
    return isReached && !isMissing ? 'open' : 'skipped';
  }

  #accepted(name: string): HandedOver | undefined {
    return this.#statusOf(name) === 'accepted'
      ? (this.#handedOver.get(name) ?? this.#run.nodes.get(name))
      : undefined;
  }

  #open(name: string, spread: Spread): void {
    this.#status.set(name, 'open');
    spread.opens.push(openingOf(this.#planned(name), 1));
  }

  #skip(name: string, spread: Spread, ended: string[]): void {
    this.#status.set(name, 'skipped');
    spread.skips.push(name);
    ended.push(name);
  }

  #statusOf(name: string): NodeStatus {
    return this.#status.get(name) ?? this.#run.nodes.get(name)?.status ?? 'skipped';
  }

  #planned(name: string): PlannedNode {
    return this.#run.plan.nodes.get(name) as PlannedNode;
  }
}

/** What comes over the edges that are taken; `accepted` tells what a node handed over, if it did. */
export function inputOver(
  input: unknown,
  incoming: readonly WorkflowEdge[],
  accepted: (node: string) => HandedOver | undefined,
): NodeInput {
  const from = incoming.flatMap((edge) => {
    const handed = accepted(edge.from);
    return isTaken(handed, edge.when) ? [[edge.from, handed?.output] as const] : [];
  });
  return { input, from: Object.fromEntries(from) };
}

function isTaken(handed: HandedOver | undefined, when: string | undefined): boolean {
  return handed !== undefined && (when === undefined || when === handed.routedTo);
}

/** The fact that an attempt may begin. */
export function openingOf({ node, contract }: PlannedNode, attempt: number): NodeOpening {
  const { timeoutSeconds, guarantee } = contract;
  return { node: node.name, attempt, timeoutSeconds, guarantee };
}

/** Whether nothing of a run is left to do. */
export function isOver(run: Run): boolean {
  for (const { status } of run.nodes.values())
    if (status === 'open' || status === 'waiting' || status === 'person') return false;
  return true;
}

const ENDS: Readonly<Record<NodeStatus, NodeEnd>> = {
  accepted: NodeEnd.accepted,
  skipped: NodeEnd.skipped,
  failed: NodeEnd.failed,
  waiting: NodeEnd.unfinished,
  open: NodeEnd.unfinished,
  person: NodeEnd.unfinished,
};

/** How each node ended; the run succeeded when no failure was left without a stand-in that was accepted. */
export function endsOf(run: Run): Pick<EventData<'run.completed'>, 'status' | 'nodes'> {
  const isMended = (name: string): boolean => {
    const planned = run.plan.nodes.get(name);
    if (!planned || run.nodes.get(name)?.status !== 'failed')
      return run.nodes.get(name)?.status === 'accepted';
    return isFallback(planned.node) && isMended(planned.node.onFailure.fallback);
  };
  const nodes = [...run.nodes].map(([name, { status }]) => [name, ENDS[status]] as const);
  const failed = nodes.some(([name, end]) => end === NodeEnd.failed && !isMended(name));
  return { status: failed ? 'failed' : 'succeeded', nodes: Object.fromEntries(nodes) };
}

function newSpread(): Spread {
  return { opens: [], skips: [] };
}
