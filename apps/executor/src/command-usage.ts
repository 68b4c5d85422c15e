/** What a command says it used up: a small plain file of its scratch folder, opened without following any link. */
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { failedRun } from '@writ/execution';
import type { ReportedUsage, RunResult } from '@writ/execution';

/** What a command may write here, as JSON, is what it used up: `{"node-hours": 1.2}`. */
export const USAGE_FILE = 'usage.json';

const MAX_USAGE_BYTES = 16 * 1024;
const UNREADABLE: ReportedUsage = { [USAGE_FILE]: Number.NaN };
const HOW = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/**
 * The result with what was reported; what is not a set of amounts is passed on and fails the call. Synchronous, because
 * the file is small or not read at all.
 */
export function withUsage(result: RunResult, folder: string): RunResult {
  let file: number;
  try {
    file = openSync(join(folder, USAGE_FILE), HOW);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return result;
    if (code !== 'ELOOP') return { ...result, reported: UNREADABLE };
    const message = `${USAGE_FILE} is a symbolic link out of the scratch folder, which is not followed`;
    return {
      ...failedRun('scratch-escape', message),
      ...(result.measured ? { measured: result.measured } : {}),
    };
  }
  try {
    const stat = fstatSync(file);
    if (!stat.isFile() || stat.size > MAX_USAGE_BYTES) return { ...result, reported: UNREADABLE };
    return { ...result, reported: { ...(JSON.parse(readFileSync(file, 'utf8')) as ReportedUsage) } };
  } catch {
    return { ...result, reported: UNREADABLE };
  } finally {
    closeSync(file);
  }
}
