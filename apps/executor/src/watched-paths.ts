/**
 * Whether a READ_ONLY tool writes: the paths that it says to watch are compared before and after each call. A file's
 * change time is the kernel's and cannot be set back, and reading does not move it. Somebody else may have written
 * meanwhile, so what is found is a reason to look, not a verdict. Tools that name no paths cost nothing.
 */
import { lstat, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { SafetyClass, compareText } from '@writ/contracts';
import type { ToolSpec } from '@writ/contracts';
import { MAX_WATCHED_ENTRIES } from './limits.ts';
import type { PreparedTool } from './tool-run.ts';

interface Look {
  /** Change time, size and inode, by path. */
  readonly stamps: ReadonlyMap<string, string>;
  /** There is more than was looked at. */
  readonly cut: boolean;
}

/** The tool, told on when what it watches has changed during a call. */
export function watchingWrites(
  { class: safetyClass, watch = [] }: ToolSpec,
  run: PreparedTool,
): PreparedTool {
  if (safetyClass !== SafetyClass.readOnly || watch.length === 0) return run;
  return async (call) => {
    const before = await look(watch);
    const result = await run(call);
    const writes = changes(before, await look(watch));
    return writes.length > 0 ? { ...result, writes } : result;
  };
}

async function look(roots: readonly string[]): Promise<Look> {
  const stamps = new Map<string, string>();
  // Nearest to the roots first, in one order, so that a tree that is too large is cut at the same place both times.
  const waiting = [...roots];
  for (const path of waiting) {
    if (stamps.size === MAX_WATCHED_ENTRIES) return { stamps, cut: true };
    const found = await lstat(path, { bigint: true }).catch(() => undefined);
    if (!found) continue;
    stamps.set(path, `${found.ctimeNs} ${found.size} ${found.ino}`);
    if (!found.isDirectory()) continue;
    const names = await readdir(path).catch(() => []);
    for (const name of names.toSorted(compareText)) waiting.push(join(path, name));
  }
  return { stamps, cut: false };
}

/** Paths that are new, gone or different; a folder only when nothing is told of what is in it. */
function changes(before: Look, after: Look): string[] {
  const cut = before.cut || after.cut;
  const paths = new Set([...before.stamps.keys(), ...after.stamps.keys()]);
  const changed = [...paths].filter((path) => {
    const [was, is] = [before.stamps.get(path), after.stamps.get(path)];
    return was !== is && !(cut && (was === undefined || is === undefined));
  });
  const folders = new Set(changed.map((path) => dirname(path)));
  return changed.filter((path) => !folders.has(path)).sort();
}
