/**
 * What led to a call and what it led to, found in one walk over the ledger each: causes stand before their effects, so a
 * walk forward meets every effect after its cause, and a walk back every opening of a node after what it opened. A request
 * names its causes and the attempt of a workflow's node that it belongs to; an attempt whose contract is decided opens others.
 */
import { invocationId } from '@writ/contracts';
import type { FlowOfCall, InvocationId, NodeOpening, RecordedFact } from '@writ/contracts';
import { z } from 'zod';

/** Most calls, and most attempts of nodes, of one lineage. */
export const MAX_LINEAGE = 500;

/** `writ.<tenant>.api.audit.lineage`: the links that follow from these calls and attempts, a part of the ledger at a time. */
export const lineageRequest = z.strictObject({
  towards: z.enum(['causes', 'effects']),
  calls: z.array(invocationId).max(MAX_LINEAGE).default([]),
  /** Attempts of nodes, `attemptKey` of each. */
  attempts: z.array(z.string().max(256)).max(MAX_LINEAGE).default([]),
  /** Where the walk begins; it goes on from `next` of the reply before. */
  from: z.number().int().nonnegative(),
  /** Does not wait until everything that the ledger holds is recorded: who asks has waited for it already. */
  asItStands: z.boolean().optional(),
});
export type LineageRequest = z.input<typeof lineageRequest>;

/** Calls that were asked for because of others, or in an attempt of a node. */
export interface CallLink {
  readonly kind: 'calls';
  readonly seq: number;
  readonly calls: readonly InvocationId[];
  readonly causedBy: readonly InvocationId[];
  readonly attempt?: string;
}

/** An attempt of a node, the calls that kept its promise, and what it opened. Absent `attempt`: the run itself began. */
export interface AttemptLink {
  readonly kind: 'attempt';
  readonly seq: number;
  readonly run: string;
  readonly attempt?: string;
  readonly result: 'began' | 'accepted' | 'rejected';
  readonly calls: readonly InvocationId[];
  readonly opens: readonly string[];
}

export type LineageLink = CallLink | AttemptLink;

export interface LineagePage {
  readonly links: readonly LineageLink[];
  /** Where the walk goes on; absent at its end. */
  readonly next?: number;
}

/** Names of tokens have no dot. */
export function attemptKey({ run, node, attempt }: FlowOfCall): string {
  return `${run}.${node}.${attempt}`;
}

/** Whether a fact can be a link at all; the others need not be decoded. */
export const LINKING_FACTS: readonly string[] = [
  '"causedBy"',
  '"flow"',
  '"run.opened"',
  '"contract.accepted"',
  '"contract.rejected"',
];

/** One walk: each fact once, forward for effects, backward for causes. */
export class LineageWalk {
  readonly links: LineageLink[] = [];
  readonly #towards: 'causes' | 'effects';
  readonly #calls: Set<string>;
  readonly #attempts: Set<string>;

  constructor({ towards, calls = [], attempts = [] }: LineageRequest) {
    this.#towards = towards;
    this.#calls = new Set(calls);
    this.#attempts = new Set(attempts);
  }

  /** Nothing is left to look for, or no more may be found. */
  get done(): boolean {
    if (this.#calls.size > MAX_LINEAGE || this.#attempts.size > MAX_LINEAGE) return true;
    return this.#towards === 'causes' && this.#attempts.size === 0;
  }

  fold(fact: RecordedFact): void {
    const link = linkOf(fact);
    if (!link) return;
    if (this.#towards === 'causes') this.#cause(link);
    else this.#effect(link);
  }

  #effect(link: LineageLink): void {
    if (link.kind === 'calls') {
      const named = link.causedBy.filter((cause) => this.#calls.has(cause));
      const within = link.attempt !== undefined && this.#attempts.has(link.attempt);
      if (named.length === 0 && !within) return;
      for (const call of link.calls) this.#calls.add(call);
    } else {
      const follows = link.attempt !== undefined && this.#attempts.has(link.attempt);
      if (!follows && !link.calls.some((call) => this.#calls.has(call))) return;
      for (const opened of link.opens) this.#attempts.add(opened);
    }
    this.links.push(link);
  }

  /** Who opened an attempt that is looked for; from then on the opener is looked for. */
  #cause(link: LineageLink): void {
    if (link.kind === 'calls' || !link.opens.some((opened) => this.#attempts.has(opened))) return;
    for (const opened of link.opens) this.#attempts.delete(opened);
    if (link.attempt !== undefined) this.#attempts.add(link.attempt);
    this.links.push(link);
  }
}

/** The request with which a walk goes on after these links. */
export function goingOn(request: LineageRequest, { links, next = 0 }: LineagePage): LineageRequest {
  const calls = new Set(request.calls);
  const attempts = new Set(request.attempts);
  for (const link of links) {
    if (request.towards === 'effects') {
      if (link.kind === 'calls') for (const call of link.calls) calls.add(call);
      else for (const opened of link.opens) attempts.add(opened);
    } else if (link.kind === 'attempt') {
      for (const opened of link.opens) attempts.delete(opened);
      if (link.attempt !== undefined) attempts.add(link.attempt);
    }
  }
  return {
    ...request,
    calls: [...calls].slice(0, MAX_LINEAGE),
    attempts: [...attempts].slice(0, MAX_LINEAGE),
    from: next,
  };
}

function linkOf(fact: RecordedFact): LineageLink | undefined {
  const { seq } = fact;
  switch (fact.type) {
    case 'tool.requested': {
      const { calls, causedBy = [], flow } = fact.data;
      if (causedBy.length === 0 && flow === undefined) return undefined;
      const asked = {
        kind: 'calls' as const,
        seq,
        calls: calls.map(({ invocation }) => invocation),
        causedBy,
      };
      return flow ? { ...asked, attempt: attemptKey(flow) } : asked;
    }
    case 'run.opened': {
      const { run, opens } = fact.data;
      return { kind: 'attempt', seq, run, result: 'began', calls: [], opens: keysOf(run, opens) };
    }
    case 'contract.accepted':
    case 'contract.rejected': {
      const { run, opens } = fact.data;
      const accepted = fact.type === 'contract.accepted';
      const calls = accepted ? fact.data.calls : [];
      const result = accepted ? 'accepted' : 'rejected';
      return {
        kind: 'attempt',
        seq,
        run,
        attempt: attemptKey(fact.data),
        result,
        calls,
        opens: keysOf(run, opens),
      };
    }
    default:
      return undefined;
  }
}

function keysOf(run: FlowOfCall['run'], opens: readonly NodeOpening[]): string[] {
  return opens.map(({ node, attempt }) => attemptKey({ run, node, attempt }));
}
