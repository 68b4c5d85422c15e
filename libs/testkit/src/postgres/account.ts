/**
 * Who runs Postgres. It refuses to run as root, so root hands it to an account without rights, and everything that
 * Postgres touches must then be reachable for that account: a clone below /root or a 0700 home is not.
 */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, statSync, writeFileSync, chmodSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { WritError } from '@writ/contracts';
import { inWrit } from '../workspace.ts';

export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** Accounts that may exist, the better one first; `nobody` is on every Debian. */
const CANDIDATES = ['postgres', 'nobody'];

const OTHERS_MAY_ENTER = 0o001;

const run = promisify(execFile);

/** The account to switch to; undefined for an ordinary user, who runs Postgres as himself. */
export async function postgresAccount(): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of CANDIDATES) {
    try {
      const [uid, gid] = await Promise.all([run('id', ['-u', name]), run('id', ['-g', name])]);
      return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
    } catch {
      continue;
    }
  }
  throw new WritError(
    'no-postgres-account',
    `Postgres does not run as root and there is no account ${CANDIDATES.join(' or ')} to switch to: add one ` +
      '(useradd --system postgres), run as an ordinary user, or name a server in WRIT_POSTGRES_URL.',
  );
}

/** Whether an account that owns nothing on the way can reach `path`. */
export function isReachable(path: string): boolean {
  for (let folder = path; ; folder = dirname(folder)) {
    if ((statSync(folder).mode & OTHERS_MAY_ENTER) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}

/** The machine's folder for temporary files, also when `TMPDIR` points into a private home. */
export function publicTemporaryFolder(account: Account | undefined): string {
  return account && !isReachable(tmpdir()) ? '/tmp' : tmpdir();
}

/**
 * A folder that the account can reach and that is found again by the next run: `.writ/postgres`, or when that lies
 * below a private folder, one among the temporary files whose name is remembered in `.writ/`.
 */
export function postgresHome(account: Account | undefined): string {
  const own = inWrit('postgres');
  mkdirSync(own, { recursive: true, mode: 0o755 });
  if (!account || isReachable(own)) return own;
  const note = inWrit('postgres', 'moved-to');
  const remembered = readRemembered(note);
  if (remembered) return remembered;
  const folder = mkdtempSync(join(publicTemporaryFolder(account), 'writ-postgres-'));
  chmodSync(folder, 0o755);
  writeFileSync(note, folder);
  return folder;
}

/** Only a folder of our own counts: anyone may put a folder of that name among the temporary files. */
function readRemembered(note: string): string | undefined {
  try {
    const folder = readFileSync(note, 'utf8');
    return statSync(folder).uid === process.getuid?.() ? folder : undefined;
  } catch {
    return undefined;
  }
}
