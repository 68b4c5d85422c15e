/** What an export is about, and the audit's pages of it one after the other. */
import { setTimeout as delay } from 'node:timers/promises';
import { Backoff, WritError, subjects } from '@writ/contracts';
import type { TenantId } from '@writ/contracts';
import type { EventsPage, ExportPage, ExportRequest } from '@writ/provenance';
import { EXPORT_TIMEOUT_MS, FIRST_PAGE_PAUSE_MS, LONGEST_PAGE_PAUSE_MS, PAGE_TRIES } from '../limits.ts';
import type { Transport } from '../transport.ts';

/** Everything of the tenant when nothing is said; else what all of these hold for. */
export interface ExportScope {
  readonly campaign?: string | undefined;
  /** Name of the audit log. */
  readonly log?: string | undefined;
  readonly invocation?: string | undefined;
  /** Asked for (for events: recorded) at this time or later, and before. RFC 3339. */
  readonly since?: string | undefined;
  readonly until?: string | undefined;
}

/** What every page of any query tells. */
interface Paged {
  readonly next?: string;
}

export function recordPages(
  transport: Transport,
  tenant: TenantId,
  scope: ExportScope,
): AsyncGenerator<ExportPage> {
  return pages(transport, subjects.api(tenant, 'audit', 'export'), scope);
}

export function eventPages(
  transport: Transport,
  tenant: TenantId,
  scope: ExportScope,
): AsyncGenerator<EventsPage> {
  return pages(transport, subjects.api(tenant, 'audit', 'events'), scope);
}

/** What was said of a scope, and nothing else. */
export function filterOf({
  campaign,
  log,
  invocation,
  since,
  until,
}: ExportScope): Omit<ExportRequest, 'after'> {
  const given = Object.entries({ campaign, log, invocation, since, until });
  return Object.fromEntries(given.filter(([, value]) => value !== undefined));
}

/** The next page is on its way while this one is written, so that the audit and this process work at the same time. */
async function* pages<Page extends Paged>(
  transport: Transport,
  subject: string,
  scope: ExportScope,
): AsyncGenerator<Page> {
  const filter = filterOf(scope);
  const ask = (after: string | undefined): Promise<Page> => {
    const request = after === undefined ? filter : { ...filter, after };
    const page = patiently(() => transport.query(subject, request, EXPORT_TIMEOUT_MS), after);
    // Whoever goes on hears of it; after an interruption nobody does.
    page.catch(() => undefined);
    return page as Promise<Page>;
  };
  for (let coming: Promise<Page> | undefined = ask(undefined); coming;) {
    const page: Page = await coming;
    coming = page.next === undefined ? undefined : ask(page.next);
    yield page;
  }
}

/** A page can be asked for again: what was written already is not thrown away because the audit was busy for a moment. */
async function patiently<T>(ask: () => Promise<T>, after: string | undefined): Promise<T> {
  const backoff = new Backoff(FIRST_PAGE_PAUSE_MS, LONGEST_PAGE_PAUSE_MS);
  for (let tried = 1; ; tried++) {
    try {
      return await ask();
    } catch (error) {
      const passing = isFault(error) || (after !== undefined && isAway(error));
      if (!passing || tried === PAGE_TRIES) throw error;
      await delay(backoff.pauseMs());
    }
  }
}

/** The audit met something that it has no word for: a database that did not answer in time. */
function isFault(error: unknown): boolean {
  return error instanceof WritError && error.code === 'internal';
}

function isAway(error: unknown): boolean {
  return error instanceof WritError && error.code === 'unavailable';
}
