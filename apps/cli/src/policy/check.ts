/** `writ policy check`: mistakes stop the load; what is only odd about a bundle is listed. */
import { readFolder, requireCatalog } from '@writ/catalog';
import { analysePolicies } from '@writ/policy';
import type { PolicyFinding } from '@writ/policy';
import { table } from '../table.ts';
import type { Paint } from '../terminal.ts';

export interface Checked {
  readonly policies: number;
  readonly tools: number;
  readonly findings: readonly PolicyFinding[];
}

/** @throws WritError `invalid-catalog` with every mistake of the folder at its place */
export async function checkFolder(folder: string): Promise<Checked> {
  const { policies, tools } = requireCatalog(await readFolder(folder));
  const findings = analysePolicies(policies, [...tools.values()]);
  return { policies: policies.length, tools: tools.size, findings };
}

export function checkedText({ policies, findings }: Checked, paint: Paint): string {
  const checked = `${policies} ${policies === 1 ? 'policy' : 'policies'} checked`;
  if (findings.length === 0) return `${checked}: ${paint('green', 'nothing to say')}`;
  const rows = findings.map(({ policy, kind, message }) => [policy, paint('yellow', kind), message]);
  return `${table(['policy', 'finding', 'why'], rows, paint)}\n${checked}: ${findings.length} to look at`;
}
