/**
 * The accounts that a call pays from, one rule for all: the tenant (`/`), the account named like its project, the one
 * named `project/campaign`, the one named by the campaign alone, and the parents of all these. The campaign's own name
 * lets a lab give it its money whatever project the agents file it under.
 */
import { MAX_ANCESTORS } from './limits.ts';

/** Path of the account that limits the whole tenant. */
const TENANT_PATH = '/';

/** Of those that `find` knows to be in force, from the tenant down: who has the widest limit comes first. */
export function accountWay<Account extends { readonly parent: string | undefined }>(
  find: (path: string) => Account | undefined,
  project: string,
  campaign: string | undefined,
): Account[] {
  const way = new Set<Account>();
  addWithParents(find, project, way);
  if (campaign !== undefined) {
    addWithParents(find, `${project}/${campaign}`, way);
    addWithParents(find, campaign, way);
  }
  return [...way];
}

function addWithParents<Account extends { readonly parent: string | undefined }>(
  find: (path: string) => Account | undefined,
  path: string,
  way: Set<Account>,
): void {
  const chain: Account[] = [];
  let next: string | undefined = path;
  while (next !== undefined && chain.length < MAX_ANCESTORS) {
    const account = find(next);
    if (account) {
      if (chain.includes(account)) break;
      chain.push(account);
    }
    next = account?.parent ?? above(next);
  }
  for (const account of chain.toReversed()) way.add(account);
}

/** `lab/screening` -> `lab` -> `/`. */
function above(path: string): string | undefined {
  if (path === TENANT_PATH) return undefined;
  const end = path.lastIndexOf('/');
  return end < 0 ? TENANT_PATH : path.slice(0, end);
}
