/** The files that STYLE.md is about: what people write, not what tools generate. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { REPOSITORY } from '@writ/testkit';

export interface SourceFile {
  /** Relative to the repository's root. */
  readonly path: string;
  readonly text: string;
}

const NOT_WRITTEN = new Set(['node_modules', 'dist', 'generated', 'coverage', '.writ', '.nx', '.git']);

/** All TypeScript and JavaScript below apps, libs, infra and test. */
export function sourceFiles(): SourceFile[] {
  return filesOf('{apps,libs,infra,test}/**/*.{ts,mjs,cjs,js}');
}

/** Every text file of the repository, the lock file of npm apart. */
export function textFiles(): SourceFile[] {
  const texts = '{.,}*.{json,ts,mjs,cjs,md,yaml,yml}';
  return [...filesOf(texts), ...filesOf('{apps,libs,infra,test,.ci}/**/*')].filter(
    ({ path }) => path !== 'package-lock.json',
  );
}

export function isSpec(path: string): boolean {
  return path.endsWith('.spec.ts');
}

function filesOf(pattern: string): SourceFile[] {
  const found = globSync(pattern, {
    cwd: REPOSITORY,
    withFileTypes: true,
    exclude: (entry) => NOT_WRITTEN.has(entry.name),
  });
  return found
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => ({ path: path.slice(REPOSITORY.length + 1), text: readFileSync(path, 'utf8') }));
}
