/**
 * The release before this one, made out of this clone's history: the commit that `previous-release.txt` names, transpiled file
 * by file (its types were checked when it was made), beside the npm packages of this release: those that only it needs are
 * kept as development dependencies (pg-copy-streams). A clone without that history (a shallow one) has none. The file is
 * moved on when a release is cut.
 */
import { execFile } from 'node:child_process';
import { existsSync, globSync, readFileSync, readdirSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { REPOSITORY, inWrit } from '@writ/testkit';
import ts from 'typescript';

const run = promisify(execFile);

/** Full id of its commit. */
export const PREVIOUS = readFileSync(new URL('./previous-release.txt', import.meta.url), 'utf8').trim();

const OWN_SCOPE = '@writ';

/** The folder of its apps; undefined when its commit is not in this clone. */
export async function previousApps(): Promise<string | undefined> {
  const home = inWrit('releases', PREVIOUS);
  if (!existsSync(home)) {
    const commit = ['cat-file', '-e', `${PREVIOUS}^{commit}`];
    if (!(await run('git', commit, { cwd: REPOSITORY }).catch(() => undefined))) return undefined;
    await mkdir(dirname(home), { recursive: true });
    const draft = await mkdtemp(`${home}.`);
    await unpack(draft);
    await linkPackages(draft);
    await transpile(draft);
    // Whole or not at all.
    await rename(draft, home);
  }
  return join(home, 'apps');
}

async function unpack(folder: string): Promise<void> {
  const archive = join(folder, 'release.tar');
  const parts = ['tsconfig.base.json', 'apps', 'libs'];
  await run('git', ['archive', '--output', archive, PREVIOUS, ...parts], { cwd: REPOSITORY });
  await run('tar', ['-xf', archive, '-C', folder]);
  await rm(archive);
}

/** Its own packages are its own, those of npm the ones that are installed. */
async function linkPackages(folder: string): Promise<void> {
  const installed = join(REPOSITORY, 'node_modules');
  const modules = join(folder, 'node_modules');
  await mkdir(join(modules, OWN_SCOPE), { recursive: true });
  for (const name of readdirSync(installed))
    if (name !== OWN_SCOPE) await symlink(join(installed, name), join(modules, name));
  for (const manifest of globSync('{libs,apps}/*/package.json', { cwd: folder })) {
    const { name } = JSON.parse(await readFile(join(folder, manifest), 'utf8')) as { readonly name: string };
    await symlink(dirname(join(folder, manifest)), join(modules, name));
  }
}

async function transpile(folder: string): Promise<void> {
  const { config } = ts.readConfigFile(join(folder, 'tsconfig.base.json'), (path) =>
    ts.sys.readFile(path),
  ) as {
    readonly config: { readonly compilerOptions: object };
  };
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, folder);
  // File by file nothing is looked up, the kind of module neither.
  const compilerOptions = { ...options, composite: false, declaration: false, module: ts.ModuleKind.ESNext };
  const sources = globSync('{libs,apps}/*/src/**/*.ts', { cwd: folder, exclude: ['**/*.spec.ts'] });
  for (const source of sources) {
    const fileName = join(folder, source);
    const { outputText } = ts.transpileModule(await readFile(fileName, 'utf8'), {
      fileName,
      compilerOptions,
    });
    const target = join(folder, source.replace('/src/', '/dist/').replace(/\.ts$/, '.js'));
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, outputText);
  }
}
