/** Asks the audit for what led to a call and what it led to, until there is no more of it or too much. */
import { WritError, subjects } from '@writ/contracts';
import type { InvocationId, TenantId } from '@writ/contracts';
import { MAX_LINEAGE, goingOn, lineageGraph } from '@writ/provenance';
import type {
  InvocationProvenance,
  LineageGraph,
  LineageLink,
  LineagePage,
  LineageRequest,
} from '@writ/provenance';
import type { Transport } from '@writ/sdk';
import { provenance } from '../listing.ts';

const QUERY_TIMEOUT_MS = 60_000;

/** Records that are asked for together. */
const AT_ONCE = 4;

/** Parts of a walk, of 64 chunks each, that `writ show` waits for. */
const PARTS_IN_A_MOMENT = 4;

/** @throws WritError `unknown-invocation` */
export async function gatherLineage(
  transport: Transport,
  tenant: TenantId,
  invocation: string,
): Promise<LineageGraph> {
  const asked = await provenance(transport, tenant, invocation);
  const gathering = new Gathering(transport, tenant, asked);
  await gathering.causes();
  await gathering.effects();
  return gathering.graph();
}

/** What a call led to, directly or not; `whole` is false when it was not looked for to the end of the ledger. */
export interface LedTo {
  readonly calls: readonly string[];
  readonly whole: boolean;
}

/** As far as it is found in a moment: the record of a call does not wait for a walk over the whole ledger. */
export async function ledTo(
  transport: Transport,
  tenant: TenantId,
  told: InvocationProvenance,
): Promise<LedTo> {
  const gathering = new Gathering(transport, tenant, told, PARTS_IN_A_MOMENT);
  const calls = await gathering.followEffects();
  return { calls, whole: gathering.whole };
}

class Gathering {
  readonly #transport: Transport;
  readonly #tenant: TenantId;
  readonly #asked: InvocationProvenance;
  readonly #causes = new Map<string, InvocationProvenance>();
  readonly #effects: InvocationProvenance[] = [];
  readonly #causeLinks: LineageLink[] = [];
  readonly #effectLinks: LineageLink[] = [];
  readonly #mostParts: number;
  #whole = true;

  constructor(
    transport: Transport,
    tenant: TenantId,
    asked: InvocationProvenance,
    mostParts = Number.POSITIVE_INFINITY,
  ) {
    this.#mostParts = mostParts;
    this.#transport = transport;
    this.#tenant = tenant;
    this.#asked = asked;
  }

  get whole(): boolean {
    return this.#whole;
  }

  /** A generation at a time. */
  async causes(): Promise<void> {
    const walked = new Set<string>();
    const seen = new Set([this.#asked.invocation]);
    for (let generation: readonly InvocationProvenance[] = [this.#asked]; generation.length > 0;) {
      const before: string[] = [];
      for (const told of generation) {
        const { node } = told.who;
        const attempt = node && `${node.run}.${node.node}.${node.attempt}`;
        before.push(...told.who.causedBy);
        if (attempt !== null && !walked.has(attempt))
          before.push(...(await this.#openers(attempt, firstSeq(told), walked)));
      }
      const unseen = [...new Set(before)].filter((cause) => !seen.has(cause));
      for (const cause of unseen) seen.add(cause);
      generation = await this.#told(unseen, this.#causes.size);
      for (const told of generation) this.#causes.set(told.invocation, told);
    }
  }

  async effects(): Promise<void> {
    const found = (await this.followEffects()).filter((effect) => !this.#causes.has(effect));
    this.#effects.push(...(await this.#told(found, 0)));
  }

  async followEffects(): Promise<readonly string[]> {
    const { invocation } = this.#asked;
    const calls = [invocation as InvocationId];
    const links = await this.#walk({ towards: 'effects', calls, from: firstSeq(this.#asked) });
    this.#effectLinks.push(...links);
    const found = new Set(links.flatMap((link) => (link.kind === 'calls' ? link.calls : [])));
    return [...found].filter((call) => call !== invocation);
  }

  graph(): LineageGraph {
    return lineageGraph({
      invocation: this.#asked.invocation,
      causes: [...this.#causes.values()],
      asked: this.#asked,
      effects: this.#effects,
      causeLinks: this.#causeLinks,
      effectLinks: this.#effectLinks,
      whole: this.#whole,
    });
  }

  /** What opened an attempt, back to the beginning of its run: the calls that kept the promises on the way. */
  async #openers(attempt: string, from: number, walked: Set<string>): Promise<readonly string[]> {
    const links = await this.#walk({ towards: 'causes', attempts: [attempt], from });
    walked.add(attempt);
    for (const link of links)
      if (link.kind === 'attempt' && link.attempt !== undefined) walked.add(link.attempt);
    this.#causeLinks.push(...links);
    return links.flatMap((link) => (link.kind === 'attempt' ? link.calls : []));
  }

  async #walk(first: LineageRequest): Promise<readonly LineageLink[]> {
    const links: LineageLink[] = [];
    const subject = subjects.api(this.#tenant, 'audit', 'lineage');
    // The record of the call that is asked about has waited for the ledger.
    let request: LineageRequest = { ...first, asItStands: true };
    for (let part = 0; part < this.#mostParts; part++) {
      const page = (await this.#transport.query(subject, request, QUERY_TIMEOUT_MS)) as LineagePage;
      links.push(...page.links);
      if (links.length >= MAX_LINEAGE) break;
      if (page.next === undefined) return links;
      request = goingOn(request, page);
    }
    this.#whole = false;
    return links;
  }

  /** Nothing for an id that a request named and nobody asked for, and beyond what can be drawn. */
  async #told(invocations: readonly string[], already: number): Promise<readonly InvocationProvenance[]> {
    const drawn = invocations.slice(0, Math.max(MAX_LINEAGE - already, 0));
    if (drawn.length < invocations.length) this.#whole = false;
    const told: InvocationProvenance[] = [];
    for (let start = 0; start < drawn.length; start += AT_ONCE) {
      const part = drawn.slice(start, start + AT_ONCE).map((invocation) => this.#ifKnown(invocation));
      told.push(...(await Promise.all(part)).flatMap((one) => one ?? []));
    }
    return told;
  }

  async #ifKnown(invocation: string): Promise<InvocationProvenance | undefined> {
    try {
      return await provenance(this.#transport, this.#tenant, invocation);
    } catch (error) {
      if (error instanceof WritError && error.code === 'unknown-invocation') return undefined;
      throw error;
    }
  }
}

function firstSeq({ ledger }: InvocationProvenance): number {
  return Math.min(...Object.values(ledger).flat());
}
