/**
 * A reaction on the wire: everything a decider answered to what it had folded up to `basis`, as one commit a tenant.
 * The headers tie these commits together and keep the order of events across them, so that a standby, a replay and a
 * snapshot walk exactly the path that the leader walked (ARCHITECTURE §3, "order is by basis").
 */
import { MAX_COMMIT_BYTES, MAX_EVENTS_PER_COMMIT, encodeEvent, invariant } from '@writ/contracts';
import type { Fact, Instant, TenantId } from '@writ/contracts';
import type { Append, LedgerCommit } from '../port.ts';
import type { CommittedFact } from './host-options.ts';

export const ReactionHeader = {
  /** Foreign facts up to this ledger sequence were folded when the author decided. */
  basis: 'Writ-Basis',
  /** Names the reaction; equal in all its commits. */
  reaction: 'Writ-Reaction',
  /** How many commits the reaction has. */
  parts: 'Writ-Parts',
  /** Places of this commit's events within the reaction; absent when it has one part. */
  indices: 'Writ-Indices',
  /** The types of the commit's events, so that a fold can skip it before parsing. */
  types: 'Writ-Types',
  /** The author's time, epoch milliseconds; never earlier than the last reaction's. */
  now: 'Writ-Now',
} as const;

/** Most events over all tenants of one reaction, so that a turn stays short. */
const MAX_EVENTS_PER_REACTION = 4_096;

/**
 * Most events of one tenant in one reaction, unless one answer alone has more. Larger commits are cheaper for each event, but
 * all outstanding calls then move through the services as one convoy, one service at work at a time: with 512 calls
 * outstanding 64 gave a third more throughput than 512.
 */
const EVENTS_PER_COMMIT = 64;

/** What the headers of an own commit say. */
export interface ReactionPart {
  readonly basis: number;
  readonly reaction: string;
  readonly parts: number;
  readonly indices: readonly number[] | undefined;
  readonly now: Instant;
}

/** The reaction part that a commit is; undefined for `leader.elected` and the like. */
export function reactionPart(commit: LedgerCommit): ReactionPart | undefined {
  const reaction = commit.header(ReactionHeader.reaction);
  if (reaction === undefined) return undefined;
  return {
    reaction,
    basis: Number(commit.header(ReactionHeader.basis)),
    parts: Number(commit.header(ReactionHeader.parts)),
    indices: commit.header(ReactionHeader.indices)?.split(',').map(Number),
    now: Number(commit.header(ReactionHeader.now)),
  };
}

/** One tenant's share of a reaction. */
export interface TenantPart {
  readonly tenant: TenantId;
  readonly facts: Fact[];
  /** Each event as JSON text, in the order of `facts`. */
  readonly json: string[];
  readonly indices: number[];
  readonly types: Set<string>;
  bytes: number;
}

/** An event as it will stand in a commit; `bytes` with the comma behind it. */
interface EncodedFact {
  readonly fact: Fact;
  readonly json: string;
  readonly bytes: number;
}

/** Gathers the answers of one reaction and turns them into commits. */
export class Reaction {
  readonly parts = new Map<TenantId, TenantPart>();
  readonly id: string;
  readonly #source: string;
  readonly #basis: number;
  readonly #now: Instant;
  readonly #time: string;
  #events = 0;

  constructor(id: string, source: string, basis: number, now: Instant) {
    this.id = id;
    this.#source = source;
    this.#basis = basis;
    this.#now = now;
    this.#time = new Date(now).toISOString();
  }

  get size(): number {
    return this.#events;
  }

  /** Takes all facts of one answer, or none when they do not fit any more: then the rest waits for the next reaction. */
  add(facts: readonly Fact[]): boolean {
    if (this.#events >= MAX_EVENTS_PER_REACTION) return false;
    const encoded = facts.map((fact, offset) => this.#encode(fact, offset));
    if (!this.#fits(encoded)) {
      invariant(
        this.#events > 0,
        `one answer of ${facts.length} facts does not fit into a commit of ${MAX_COMMIT_BYTES} bytes`,
      );
      return false;
    }
    for (const one of encoded) this.#put(one);
    return true;
  }

  /** Takes what is recorded of it: that did fit, in whatever answers it came. */
  take(fact: Fact): void {
    this.#put(this.#encode(fact, 0));
  }

  /** The commits, one a tenant. `expected` tells the last own sequence on a subject. */
  commits(subjectOf: (tenant: TenantId) => string, expected: (subject: string) => number): Append[] {
    return [...this.parts.values()].map((part) => {
      const subject = subjectOf(part.tenant);
      return {
        subject,
        id: `${this.id}.${part.indices[0]}`,
        data: Buffer.from(`[${part.json.join(',')}]`),
        expected: expected(subject),
        headers: {
          [ReactionHeader.basis]: String(this.#basis),
          [ReactionHeader.reaction]: this.id,
          [ReactionHeader.parts]: String(this.parts.size),
          [ReactionHeader.now]: String(this.#now),
          [ReactionHeader.types]: [...part.types].join(','),
          ...(this.parts.size > 1 ? { [ReactionHeader.indices]: part.indices.join(',') } : {}),
        },
      };
    });
  }

  /** Its facts once they are committed; `seqs` as `commits()` is ordered. */
  committed(seqs: readonly number[]): CommittedFact[] {
    return [...this.parts.values()].flatMap(({ facts, json }, part) =>
      facts.map((fact, place) => ({ fact, json: json[place] as string, seq: seqs[part] as number })),
    );
  }

  #encode(fact: Fact, offset: number): EncodedFact {
    const json = encodeEvent(fact, `${this.id}.${this.#events + offset}`, this.#source, this.#time);
    return { fact, json, bytes: Buffer.byteLength(json) + 1 };
  }

  #fits(encoded: readonly EncodedFact[]): boolean {
    const [first] = encoded;
    const most = Math.min(Math.max(encoded.length, EVENTS_PER_COMMIT), MAX_EVENTS_PER_COMMIT);
    if (first && encoded.length === 1) return this.#hasRoom(first.fact.tenant, first.bytes, 1, most);
    const added = new Map<TenantId, { bytes: number; events: number }>();
    for (const { fact, bytes } of encoded) {
      const sum = added.get(fact.tenant) ?? { bytes: 0, events: 0 };
      sum.bytes += bytes;
      sum.events += 1;
      added.set(fact.tenant, sum);
    }
    for (const [tenant, { bytes, events }] of added)
      if (!this.#hasRoom(tenant, bytes, events, most)) return false;
    return true;
  }

  #hasRoom(tenant: TenantId, bytes: number, events: number, most: number): boolean {
    const part = this.parts.get(tenant);
    return (part?.bytes ?? 2) + bytes <= MAX_COMMIT_BYTES && (part?.facts.length ?? 0) + events <= most;
  }

  #put({ fact, json, bytes }: EncodedFact): void {
    let part = this.parts.get(fact.tenant);
    if (!part) {
      part = { tenant: fact.tenant, facts: [], json: [], indices: [], types: new Set(), bytes: 2 };
      this.parts.set(fact.tenant, part);
    }
    part.facts.push(fact);
    part.types.add(fact.type);
    part.json.push(json);
    part.indices.push(this.#events++);
    part.bytes += bytes;
  }
}
