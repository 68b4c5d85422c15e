/** The commits of one tenant as they stand in the stream. */
import { parseSubject } from '@writ/contracts';
import type { StoredCommit, TenantId } from '@writ/contracts';
import type { Ledger } from '@writ/ledger';

const BURST_BYTES = 4 * 1024 * 1024;

/** In order, up to a ledger sequence or the end of the stream. */
export async function* commitsOf(
  ledger: Ledger,
  tenant: TenantId,
  upTo: number,
): AsyncGenerator<StoredCommit, undefined> {
  for (let from = 1; from <= upTo;) {
    const commits = await ledger.burst(from, BURST_BYTES);
    const last = commits.at(-1);
    if (!last) return undefined;
    for (const commit of commits)
      if (commit.seq <= upTo && parseSubject(commit.subject)?.tenant === tenant) yield commit;
    from = last.seq + 1;
  }
  return undefined;
}
