/** A folder for the files of one test or suite; whoever takes it removes it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface TemporaryFolder {
  readonly path: string;
  remove(): void;
}

/** Its name starts with `writ-test-`, so that a leftover is recognised. */
export function temporaryFolder(): TemporaryFolder {
  const path = mkdtempSync(join(tmpdir(), 'writ-test-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
