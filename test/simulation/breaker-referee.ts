/**
 * Judges breakers fact by fact, with lists and loops and none of the core's code: turns are legal and carry what really
 * happened, nothing is granted past a closed gate, and a trial never has more probes under way than permits. It sees the
 * facts in the order in which the scheduler folds them.
 */
import { CELL } from '@writ/contracts';
import type { BreakerSpec, EventData, RecordedFact } from '@writ/contracts';

interface Run {
  readonly failed: boolean;
  readonly executor: string;
}

interface Watched {
  readonly spec: BreakerSpec;
  status: 'closed' | 'open' | 'half-open';
  forced: string | undefined;
  permits: number;
  runs: Run[];
  /** Calls that are probes of the present trial, and how many of them have ended. */
  readonly probes: Set<string>;
  judged: number;
  mostProbes: number;
}

interface Grant {
  readonly key: string;
  readonly executor: string;
  readonly session: string;
}

export class BreakerReferee {
  readonly violations: string[] = [];
  /** How often each thing happened. */
  readonly seen = new Map<string, number>();
  readonly #breakers = new Map<string, Watched>();
  readonly #pools = new Map<string, string>();
  readonly #tools = new Map<string, string>();
  readonly #grants = new Map<string, Grant>();

  /** Most probes that were ever under way at once, by breaker. */
  mostProbes(): ReadonlyMap<string, number> {
    return new Map([...this.#breakers].map(([name, { mostProbes }]) => [name, mostProbes]));
  }

  see(fact: RecordedFact): void {
    const { tenant } = fact;
    this.seen.set(fact.type, (this.seen.get(fact.type) ?? 0) + 1);
    switch (fact.type) {
      case 'tool.registered':
        this.#pools.set(fact.data.tool.name, fact.data.tool.pool);
        break;
      case 'tool.requested':
        for (const { invocation, tool } of fact.data.calls) this.#tools.set(`${tenant}/${invocation}`, tool);
        break;
      case 'breaker.configured':
        this.#configure(tenant, fact.data.breaker);
        break;
      case 'breaker.forced':
        this.#named(tenant, fact.data.scope).forced = fact.data.mode;
        break;
      case 'breaker.released':
      case 'breaker.force-expired':
        this.#named(tenant, fact.data.scope).forced = undefined;
        break;
      case 'schedule.dispatched':
        this.#grant(`${tenant}/${fact.data.invocation}`, fact.data.executor, fact.data.session);
        break;
      case 'execution.completed':
        this.#complete(`${tenant}/${fact.data.invocation}`, fact.data.outcome);
        break;
      case 'execution.fenced':
        this.#fence(tenant, fact.data.session);
        break;
      case 'breaker.opened':
      case 'breaker.closed':
      case 'breaker.half-opened':
        this.#turn(`${tenant}/${fact.data.scope}`, fact.type.slice(8), fact.data);
        break;
      default:
    }
  }

  #configure(tenant: string, spec: BreakerSpec): void {
    const scope = spec.tool ? `tool:${spec.tool}` : spec.pool ? `pool:${spec.pool}` : 'all';
    const fresh = {
      status: 'closed',
      forced: undefined,
      permits: 0,
      runs: [],
      judged: 0,
      mostProbes: 0,
    } as const;
    this.#breakers.set(`${tenant}/${scope}`, { ...fresh, spec, runs: [], probes: new Set() });
  }

  #named(tenant: string, scope: string): Watched {
    return this.#breakers.get(`${tenant}/${scope}`) as Watched;
  }

  /** Every breaker that a call is behind. */
  #before(key: string): [string, Watched][] {
    const tool = this.#tools.get(key) ?? '';
    const scopes = [`tool:${tool}`, `pool:${this.#pools.get(tool)}`, 'all'];
    const names = [key.split('/')[0], CELL].flatMap((tenant) => scopes.map((scope) => `${tenant}/${scope}`));
    return [...this.#breakers].filter(([name]) => names.includes(name));
  }

  #grant(key: string, executor: string, session: string): void {
    this.#grants.set(key, { key, executor, session });
    for (const [name, breaker] of this.#before(key)) {
      const { status, forced, probes, judged, permits } = breaker;
      if (forced === 'open' || forced === 'paused')
        this.#violated(`${key} was granted while ${name} is forced ${forced}`);
      if (forced !== undefined) continue;
      if (status === 'open') this.#violated(`${key} was granted while ${name} is open`);
      if (status !== 'half-open') continue;
      if (probes.size + judged >= permits) this.#violated(`${key} is one probe of ${name} too many`);
      probes.add(key);
      breaker.mostProbes = Math.max(breaker.mostProbes, probes.size);
    }
  }

  #complete(key: string, outcome: string): void {
    const grant = this.#grants.get(key);
    if (!grant) return;
    this.#grants.delete(key);
    for (const [, breaker] of this.#before(key)) {
      const probe = breaker.probes.delete(key);
      const counts = breaker.forced === undefined || breaker.forced === 'metrics-only';
      if (!counts || outcome === 'cancelled' || breaker.status === 'open') continue;
      if (breaker.status === 'half-open' && !probe) continue;
      if (probe) breaker.judged++;
      breaker.runs.push({ failed: outcome !== 'succeeded', executor: grant.executor });
    }
  }

  /** Nothing of the tool's had effects, so each lost grant is granted again. */
  #fence(tenant: string, session: string): void {
    for (const grant of this.#grants.values()) {
      if (grant.session !== session || !grant.key.startsWith(`${tenant}/`)) continue;
      this.#grants.delete(grant.key);
      for (const [, { probes }] of this.#before(grant.key)) probes.delete(grant.key);
    }
  }

  #turn(
    name: string,
    turned: string,
    data: Partial<EventData<'breaker.opened'> & { permits: number }>,
  ): void {
    const breaker = this.#breakers.get(name) as Watched;
    const legal =
      { opened: ['closed', 'half-open'], 'half-opened': ['open'], closed: ['half-open'] }[turned] ?? [];
    if (!legal.includes(breaker.status)) this.#violated(`${name} was ${breaker.status} and ${turned}`);
    if (breaker.forced !== undefined)
      this.#violated(`${name} ${turned} while it is forced ${breaker.forced}`);
    if (data.evidence) this.#weigh(name, breaker, turned, data.evidence);
    breaker.status = turned === 'opened' ? 'open' : turned === 'closed' ? 'closed' : 'half-open';
    breaker.permits = data.permits ?? 0;
    breaker.runs = [];
    breaker.probes.clear();
    breaker.judged = 0;
  }

  /** The evidence is what the naive list says, and calls for the turn. */
  #weigh(
    name: string,
    { status, spec, runs }: Watched,
    turned: string,
    told: EventData<'breaker.opened'>['evidence'],
  ): void {
    const latest = status === 'closed' ? runs.slice(-spec.window) : runs;
    const failed = latest.filter((run) => run.failed);
    const executors = new Set(failed.map((run) => run.executor)).size;
    const counted = `${latest.length} ${failed.length} ${executors}`;
    const claimed = `${told.calls} ${told.failures} ${told.executors}`;
    if (spec.windowSeconds === undefined && counted !== claimed) {
      this.#violated(`${name} ${turned} on ${claimed}, but ${counted} were counted`);
    }
    if (status !== 'closed') return;
    if (told.failures / told.calls < spec.failureRate) this.#violated(`${name} opened on too few failures`);
    if (told.executors < (name.includes('/pool:') ? 1 : 2))
      this.#violated(`${name} opened on one executor's failures`);
  }

  #violated(sentence: string): void {
    this.violations.push(sentence);
  }
}
