/**
 * Loaded before a program (`--import`), it writes down every now and then what the program really holds: what is left on the
 * heap and in buffers right after a full collection. What a process has in all says more about when V8 collects.
 */
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const EVERY_MS = 250;
/** A folder, in which each process has a file that is named by its id. Without it nothing is measured. */
const folder = process.env['WRIT_LIVE_MEMORY'];

if (folder !== undefined) {
  const file = join(folder, String(process.pid));
  appendFileSync(file, '');
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const note = (): void => {
    collect();
    const { heapUsed, external } = process.memoryUsage();
    appendFileSync(file, `${heapUsed + external}\n`);
  };
  setInterval(note, EVERY_MS).unref();
}
