/** "Did you mean": the account that a misspelt project or campaign most likely stood for. */
import { CHARACTERS_PER_EDIT, MAX_EDITS, MAX_NAMES_COMPARED, MAX_NAMES_LISTED } from './limits.ts';
import type { TenantBudget } from './state.ts';

/** The nearest account in force: the same campaign in another project, or fewest mistyped characters. */
export function nearestAccount(tenant: TenantBudget, project: string, campaign?: string): string | undefined {
  const paths = pathsInForce(tenant, MAX_NAMES_COMPARED);
  const wanted = campaign === undefined ? [project] : [`${project}/${campaign}`, campaign, project];
  const elsewhere = campaign !== undefined && paths.find((path) => path.endsWith(`/${campaign}`));
  if (elsewhere) return elsewhere;
  let nearest: string | undefined;
  let bound = MAX_EDITS;
  for (const name of wanted) {
    const likely = Math.floor(name.length / CHARACTERS_PER_EDIT);
    for (const path of paths) {
      const edits = editsBetween(name, path, Math.min(bound, likely));
      if (edits === undefined) continue;
      nearest = path;
      bound = edits - 1;
    }
  }
  return nearest;
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

/** How many characters are inserted, deleted or replaced to get from one to the other, case aside; at most `bound`. */
function editsBetween(a: string, b: string, bound: number): number | undefined {
  if (Math.abs(a.length - b.length) > bound) return undefined;
  const [from, to] = [a.toLowerCase(), b.toLowerCase()];
  if (!isWithin(from, to, bound)) return undefined;
  let edits = bound;
  while (edits > 0 && isWithin(from, to, edits - 1)) edits--;
  return edits;
}

/** Whether at most so many insertions, deletions and substitutions turn one into the other. */
function isWithin(a: string, b: string, edits: number, i = 0, j = 0): boolean {
  while (i < a.length && a[i] === b[j]) {
    i++;
    j++;
  }
  const left = a.length - i;
  const right = b.length - j;
  if (Math.abs(left - right) > edits) return false;
  if (left === 0 || right === 0) return true;
  if (edits === 0) return false;
  return (
    isWithin(a, b, edits - 1, i + 1, j + 1) ||
    isWithin(a, b, edits - 1, i + 1, j) ||
    isWithin(a, b, edits - 1, i, j + 1)
  );
}
