/** Where this clone keeps what it downloads, stores and logs: everything below `.writ/`, nothing elsewhere. */
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';

/** Absolute path of the repository's root; `src/` and `dist/` lie equally deep below it. */
export const REPOSITORY = fileURLToPath(new URL('../../..', import.meta.url)).replace(/\/$/, '');

/** Absolute path of a file or folder below `.writ/`. */
export function inWrit(...names: readonly string[]): string {
  return join(REPOSITORY, '.writ', ...names);
}
