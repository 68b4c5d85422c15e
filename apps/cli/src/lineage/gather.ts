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

/** The calls that were asked for because of this one, directly or not. */
export async function effectsOf(
  transport: Transport,
  tenant: TenantId,
  told: InvocationProvenance,
): Promise<readonly string[]> {
  const gathering = new Gathering(transport, tenant, told);
  return gathering.followEffects();
}

class Gathering {
  readonly #transport: Transport;
  readonly #tenant: TenantId;
  readonly #asked: InvocationProvenance;
  readonly #causes = new Map<string, InvocationProvenance>();
  readonly #effects: InvocationProvenance[] = [];
  readonly #causeLinks: LineageLink[] = [];
  readonly #effectLinks: LineageLink[] = [];
  #whole = true;

  constructor(transport: Transport, tenant: TenantId, asked: InvocationProvenance) {
    this.#transport = transport;
    this.#tenant = tenant;
    this.#asked = asked;
  }

  async causes(): Promise<void> {
    const walked = new Set<string>();
    const seen = new Set([this.#asked.invocation]);
    const open = [this.#asked];
    for (let told = open.shift(); told; told = open.shift()) {
      const led = [...told.who.causedBy];
      const { node } = told.who;
      const attempt = node && `${node.run}.${node.node}.${node.attempt}`;
      if (attempt !== null && !walked.has(attempt))
        led.push(...(await this.#openers(attempt, firstSeq(told), walked)));
      for (const cause of led) {
        if (seen.has(cause)) continue;
        seen.add(cause);
        const known = await this.#told(cause, this.#causes.size);
        if (!known) continue;
        this.#causes.set(cause, known);
        open.push(known);
      }
    }
  }

  async effects(): Promise<void> {
    for (const effect of await this.followEffects()) {
      if (this.#causes.has(effect)) continue;
      const told = await this.#told(effect, this.#effects.length);
      if (told) this.#effects.push(told);
    }
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
    for (let request = first; ;) {
      const page = (await this.#transport.query(subject, request, QUERY_TIMEOUT_MS)) as LineagePage;
      links.push(...page.links);
      if (page.next === undefined) return links;
      if (links.length >= MAX_LINEAGE) break;
      request = goingOn(request, page);
    }
    this.#whole = false;
    return links;
  }

  /** Nothing for an id that a request named and nobody asked for, and beyond what can be drawn. */
  async #told(invocation: string, already: number): Promise<InvocationProvenance | undefined> {
    if (already >= MAX_LINEAGE) {
      this.#whole = false;
      return undefined;
    }
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
