/** What the tools of a test did: the tools of `tools.mjs` add a line for each effect to the file that their inputs name. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** Made for the present test, and gone after it. */
export function effectsFile(): { readonly file: string; readonly lines: () => string[] } {
  const folder = mkdtempSync(join(tmpdir(), 'writ-traced-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'effects');
  writeFileSync(file, '');
  return { file, lines: () => readFileSync(file, 'utf8').split('\n').filter(Boolean) };
}
