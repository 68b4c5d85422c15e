/** Appends one line to a file, so that a test can count effects without asking us. */
import { appendFileSync } from 'node:fs';

export function run({ file, line }) {
  appendFileSync(file, `${line}\n`);
  return { written: line };
}
