/**
 * nats-server on Debian without root: the machine's own mirror is asked for the package of a newer suite, with apt's
 * state in a private folder, and the package is unpacked, not installed. apt verifies it with the keys that are on
 * the machine already; which mirror that is, only the machine says.
 */
import { execFile } from 'node:child_process';
import { access, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { WritError, messageOf } from '@writ/contracts';

/** The Debian suite whose nats-server is recent enough; Debian 12 and 13 themselves carry older ones. */
const SUITE = 'forky';

const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

/** Most mirrors of the machine that are tried. */
const MOST_MIRRORS = 3;

const run = promisify(execFile);

/** Whether this machine is a Debian with apt. */
export async function isDebian(): Promise<boolean> {
  return (await osRelease()).get('ID') === 'debian' && (await exists('/usr/bin/apt-get'));
}

/** Downloads the package into `work` (an empty folder) and returns the path of the unpacked binary. */
export async function unpackNatsServer(work: string): Promise<string> {
  const apt = await privateApt(work);
  const mirrors = await mirrorsOf(apt, (await osRelease()).get('VERSION_CODENAME') ?? '');
  let last: unknown = new Error('apt is configured with no Debian mirror');
  for (const mirror of mirrors.slice(0, MOST_MIRRORS)) {
    try {
      return await unpackFrom(mirror, apt, work);
    } catch (error) {
      last = error;
    }
  }
  throw new WritError('nats-server-missing', `no mirror gave the package nats-server: ${messageOf(last)}`, {
    cause: last,
  });
}

interface PrivateApt {
  /** Where the one source line goes that replaces the machine's own. */
  readonly sources: string;
  readonly options: readonly string[];
}

/** apt with all of its state below `work`, so that an ordinary user can run it and nothing of the machine changes. */
async function privateApt(work: string): Promise<PrivateApt> {
  const lists = join(work, 'lists');
  const cache = join(work, 'cache');
  await mkdir(join(lists, 'partial'), { recursive: true });
  await mkdir(join(cache, 'archives', 'partial'), { recursive: true });
  const settings = {
    'Dir::State::lists': lists,
    'Dir::Cache': cache,
    'APT::Sandbox::User': '',
    'Debug::NoLocking': '1',
    'Acquire::Languages': 'none',
    'Acquire::Retries': '3',
  };
  return {
    sources: join(work, 'sources.list'),
    options: Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]),
  };
}

/** The base addresses of the repositories that carry this release, as apt itself would fetch them. */
async function mirrorsOf(apt: PrivateApt, codename: string): Promise<string[]> {
  const { stdout } = await run('apt-get', ['update', '--print-uris', ...apt.options]);
  const found = [...stdout.matchAll(/^'(\S+)\/dists\/([^/\s']+)\/InRelease'/gm)];
  const suites = new Set([codename, 'stable', 'oldstable', 'testing', 'unstable', 'sid']);
  return [...new Set(found.filter((match) => suites.has(match[2] ?? '')).map((match) => match[1] ?? ''))];
}

async function unpackFrom(mirror: string, apt: PrivateApt, work: string): Promise<string> {
  const { stdout: architecture } = await run('dpkg', ['--print-architecture']);
  const keyring = (await exists(KEYRING)) ? ` signed-by=${KEYRING}` : '';
  await writeFile(apt.sources, `deb [arch=${architecture.trim()}${keyring}] ${mirror} ${SUITE} main\n`);
  const options = [
    ...apt.options,
    '-o',
    `Dir::Etc::sourcelist=${apt.sources}`,
    '-o',
    'Dir::Etc::sourceparts=-',
  ];
  await run('apt-get', ['update', ...options], { cwd: work });
  await run('apt-get', ['download', 'nats-server', ...options], { cwd: work });
  const root = join(work, 'package');
  await run('sh', ['-c', 'dpkg -x ./nats-server_*.deb "$1"', 'sh', root], { cwd: work });
  for (const folder of ['usr/bin', 'usr/sbin']) {
    const binary = join(root, folder, 'nats-server');
    if (await exists(binary)) return binary;
  }
  throw new WritError('nats-server-missing', 'the package nats-server has no binary where one is expected');
}

async function osRelease(): Promise<Map<string, string>> {
  const text = await readFile('/etc/os-release', 'utf8').catch(() => '');
  return new Map(
    [...text.matchAll(/^(\w+)="?([^"\n]*)"?$/gm)].map((match) => [match[1] ?? '', match[2] ?? '']),
  );
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
