/** "Did you mean": the account that a misspelt project or campaign most likely stood for. */
import { nearestName } from '@writ/contracts';
import { MAX_EDITS, MAX_NAMES_COMPARED, MAX_NAMES_LISTED } from './limits.ts';
import type { TenantBudget } from './state.ts';

/** The same campaign in another project, or else a slip in the whole path, in the campaign, or in the project. */
export function nearestAccount(tenant: TenantBudget, project: string, campaign?: string): string | undefined {
  const paths = pathsInForce(tenant, MAX_NAMES_COMPARED);
  const wanted = campaign === undefined ? [project] : [`${project}/${campaign}`, campaign, project];
  const elsewhere = campaign !== undefined && paths.find((path) => path.endsWith(`/${campaign}`));
  if (elsewhere) return elsewhere;
  for (const name of wanted) {
    const near = nearestName(name, paths, MAX_EDITS);
    if (near !== undefined) return near;
  }
  return undefined;
}

/** Some accounts in force, `"a", "b" and 7 more`. */
export function accountList(tenant: TenantBudget): string {
  const names = pathsInForce(tenant, MAX_NAMES_LISTED).map((path) => `"${path}"`);
  const more = tenant.inForce - names.length;
  return names.join(', ') + (more > 0 ? ` and ${more} more` : '');
}

function pathsInForce(tenant: TenantBudget, most: number): string[] {
  const paths: string[] = [];
  for (const account of tenant.accounts.values()) {
    if (paths.length === most) break;
    if (account.inForce) paths.push(account.path);
  }
  return paths;
}
