import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadCatalog } from './load.ts';
import { renderProblem } from './problem.ts';
import type { SourceFile } from './problem.ts';

const FOLDER = join(import.meta.dirname, 'golden');
const CASES = readdirSync(FOLDER).filter((name) => name.endsWith('.yaml.txt'));

/** `# file: more.yaml` begins another file of the same folder. */
function filesOf(text: string): SourceFile[] {
  const [first = '', ...rest] = text.split(/^# file: /m);
  const others = rest.map((part) => {
    const end = part.indexOf('\n');
    return { path: part.slice(0, end), text: part.slice(end + 1) };
  });
  return [{ path: 'governance.yaml', text: first }, ...others];
}

describe('a bad governance folder', () => {
  it.each(CASES)('%s: every problem is told at its place', async (name) => {
    const result = loadCatalog(filesOf(readFileSync(join(FOLDER, name), 'utf8')));
    expect(result.ok).toBe(false);
    if (result.ok) return;
    const rendered = result.problems.map(renderProblem).join('\n');
    await expect(`${rendered}\n`).toMatchFileSnapshot(
      join(FOLDER, name.replace('.yaml.txt', '.problems.txt')),
    );
  });
});
