/** The recorded facts of a tenant in order, and the catalog that was in force at a time: what explain and backtest replay. */
import { currentCatalog } from '@writ/catalog';
import type { Catalog } from '@writ/catalog';
import { WritError, decodeCommit, parseSubject } from '@writ/contracts';
import type { EventData, RecordedFact, TenantId } from '@writ/contracts';
import type { Ledger } from '@writ/ledger';
import { Trial, askedCall, requestContext } from '@writ/policy';
import type { AskedCall } from '@writ/policy';

/** Kinds that decisions follow from. */
const KINDS: ReadonlySet<string> = new Set([
  'requests',
  'catalog',
  'decisions',
  'budget',
  'schedule',
  'executions',
]);

export async function* recordedFacts(ledger: Ledger, tenant: TenantId): AsyncGenerator<RecordedFact> {
  for await (const commit of ledger.read()) {
    const parts = parseSubject(commit.subject);
    if (parts?.tenant === tenant && KINDS.has(parts.kind)) yield* decodeCommit(commit);
  }
}

/** A recorded call as it stood when it was decided. */
export interface PastCall {
  readonly call: AskedCall;
  readonly decidedAt: number;
  readonly decided: EventData<'policy.decided'>;
  /** Decides as the service did then: the same catalog, the same memory. */
  readonly trial: Trial;
}

/** Finds a call by its invocation id, or the beginning of one. @throws WritError `unknown-invocation` */
export async function pastCall(ledger: Ledger, tenant: TenantId, id: string): Promise<PastCall> {
  const facts: RecordedFact[] = [];
  let call: AskedCall | undefined;
  for await (const fact of recordedFacts(ledger, tenant)) {
    if (fact.type === 'tool.requested') call ??= requested(fact, id);
    if (call && fact.type === 'policy.decided' && fact.data.invocation === call.invocation) {
      const { catalogRevision } = fact.data;
      const inForce = currentCatalog(facts.filter(({ seq }) => seq <= catalogRevision));
      return { call, decidedAt: fact.at, decided: fact.data, trial: trialOf(inForce.catalog, facts) };
    }
    if (fact.type !== 'tool.requested') facts.push(fact);
  }
  throw new WritError(
    'unknown-invocation',
    call
      ? `the call "${call.invocation}" is not decided yet`
      : `no recorded call of ${tenant} begins with "${id}"`,
  );
}

/** A trial of a catalog that remembers what was recorded before. */
export function trialOf(catalog: Catalog, facts: Iterable<RecordedFact>): Trial {
  const { tools, policies, budgets, environment } = catalog;
  const trial = new Trial({ tools: tools.values(), policies, budgets: budgets.values(), environment });
  for (const fact of facts) {
    switch (fact.type) {
      case 'policy.decided':
      case 'budget.defined':
      case 'budget.retired':
      case 'budget.reserved':
      case 'budget.escalated':
      case 'budget.released':
      case 'budget.adjusted':
      case 'budget.stated':
      case 'execution.completed':
      case 'execution.attempted':
      case 'schedule.resolved':
        trial.fold(fact);
        break;
      default:
        break;
    }
  }
  return trial;
}

function requested({ data, origin }: RecordedFact<'tool.requested'>, id: string): AskedCall | undefined {
  const found = data.calls.find(({ invocation }) => invocation.startsWith(id));
  if (!found) return undefined;
  return askedCall(found.invocation, origin, found.tool, found.inputs, requestContext(data));
}
