/** Notes its call in the file that counts effects, on disk before it goes on; it takes its time before and after. */
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

export async function run({ file, call, beforeMs, afterMs }, { idempotencyKey, attempt, fencingToken }) {
  await delay(beforeMs);
  const descriptor = openSync(file, 'a');
  writeSync(descriptor, `${JSON.stringify({ call, key: idempotencyKey, attempt, token: fencingToken })}\n`);
  fsyncSync(descriptor);
  closeSync(descriptor);
  await delay(afterMs);
  return { call };
}
