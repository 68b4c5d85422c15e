/**
 * What each package of the workspace says of itself, held against what its source imports: `dependencies` are what the
 * product needs, `devDependencies` what only specs and tools need, tsconfig references what has to be built before.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import type { SourceFile } from './source-files.ts';

export interface Package {
  /** `libs/ledger`. */
  readonly folder: string;
  readonly manifest: {
    readonly name: string;
    readonly dependencies?: Readonly<Record<string, string>>;
    readonly devDependencies?: Readonly<Record<string, string>>;
    readonly nx?: { readonly tags?: readonly string[] };
  };
  readonly tsconfig: { readonly references?: readonly { readonly path: string }[] };
  readonly sources: readonly SourceFile[];
}

/** What is read here of `package-lock.json`. */
export interface Lock {
  readonly packages: Readonly<Record<string, Pick<Package['manifest'], 'dependencies' | 'devDependencies'>>>;
}

/** Cores are pure, contracts stand below everything, apps above; all other libs touch the world. */
const CORES = new Set([
  'policy',
  'budget',
  'scheduler',
  'execution',
  'provenance',
  'expressions',
  'workflow',
  'decisions',
]);

/** Not part of the product: specs, and folders beside `src` that serve tests and generators. */
const DEVELOPMENT = /\.spec\.ts$|^(libs|apps)\/[^/]+\/(test|bench|generate)\//;

export function readPackages(root: string, files: readonly SourceFile[]): Package[] {
  const folders = new Set(files.flatMap(({ path }) => /^(?:libs|apps)\/[^/]+(?=\/)/.exec(path)?.[0] ?? []));
  const read = (folder: string, name: string): unknown =>
    JSON.parse(readFileSync(join(root, folder, name), 'utf8'));
  return [...folders].toSorted().map((folder) => ({
    folder,
    manifest: read(folder, 'package.json') as Package['manifest'],
    tsconfig: read(folder, 'tsconfig.json') as Package['tsconfig'],
    sources: files.filter(({ path }) => path.startsWith(`${folder}/`)),
  }));
}

/** A sentence for every dependency that is missing or not needed. */
export function wrongDependencies({ folder, manifest, sources }: Package): string[] {
  const product = importsOf(sources.filter(({ path }) => !DEVELOPMENT.test(path)));
  const all = importsOf(sources);
  all.delete(manifest.name);
  const development = [...all].filter((name) => !product.has(name));
  return [
    ...difference(`${folder}/package.json dependencies`, ownOf(manifest.dependencies), [...product]),
    ...difference(`${folder}/package.json devDependencies`, ownOf(manifest.devDependencies), development),
  ];
}

/** References are the dependencies: specs are not built, so what only they need must not be waited for. */
export function wrongReferences({ folder, manifest, tsconfig }: Package): string[] {
  const wanted = ownOf(manifest.dependencies).map((name) => `../../libs/${name.slice('@writ/'.length)}`);
  const given = (tsconfig.references ?? []).map(({ path }) => path);
  return difference(`${folder}/tsconfig.json references`, given, wanted);
}

/** Everything is built by `tsc -b` at the root. */
export function unbuilt(packages: readonly Package[], references: readonly string[]): string[] {
  const folders = packages.map(({ folder }) => folder);
  return difference('tsconfig.json references', references, [...folders, './tsconfig.check.json']);
}

/** The lock file repeats what the manifests say. */
export function wrongLock({ folder, manifest }: Package, { packages }: Lock): string[] {
  const locked = packages[folder];
  return (['dependencies', 'devDependencies'] as const).flatMap((kind) =>
    difference(`package-lock.json ${folder} ${kind}`, ownOf(locked?.[kind]), ownOf(manifest[kind])),
  );
}

/** Nx's tags tell the layer and the name of the folder. */
export function wrongTags({ folder, manifest }: Package): string[] {
  const [kind, name = ''] = folder.split('/');
  const lib = name === 'contracts' ? 'contracts' : CORES.has(name) ? 'core' : 'adapter';
  const wanted = [`layer:${kind === 'apps' ? 'app' : lib}`, `scope:${name}`];
  return difference(`${folder}/package.json tags`, manifest.nx?.tags ?? [], wanted);
}

function difference(where: string, given: readonly string[], wanted: readonly string[]): string[] {
  return [
    ...wanted.filter((one) => !given.includes(one)).map((one) => `${where}: ${one} is missing`),
    ...given.filter((one) => !wanted.includes(one)).map((one) => `${where}: ${one} is not needed`),
  ];
}

function ownOf(dependencies: Readonly<Record<string, string>> = {}): string[] {
  return Object.keys(dependencies).filter((name) => name.startsWith('@writ/'));
}

/** The packages of this workspace that the files import. */
function importsOf(files: readonly SourceFile[]): Set<string> {
  const imported = files.flatMap(({ text }) => ts.preProcessFile(text, true, true).importedFiles);
  return new Set(imported.map(({ fileName }) => fileName).filter((name) => name.startsWith('@writ/')));
}
