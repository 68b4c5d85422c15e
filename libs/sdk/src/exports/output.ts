/**
 * Where an export is written: gathered into larger pieces, each awaited before the next is made, so that memory does not
 * grow with the export. A file gets its name only when it is whole.
 */
import { open, rename, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { WRITE_CHARACTERS } from '../limits.ts';

export class Output {
  bytes = 0;
  readonly #write: (text: string) => Promise<void>;
  #waiting: string[] = [];
  #length = 0;

  constructor(write: (text: string) => Promise<void>) {
    this.#write = write;
  }

  async add(text: string): Promise<void> {
    this.#waiting.push(text);
    this.#length += text.length;
    if (this.#length >= WRITE_CHARACTERS) await this.flush();
  }

  async flush(): Promise<void> {
    const text = this.#waiting.join('');
    this.#waiting = [];
    this.#length = 0;
    this.bytes += Buffer.byteLength(text);
    if (text !== '') await this.#write(text);
  }
}

/** Everything that `fill` writes becomes the file; a failure leaves what stood there as it was. */
export async function writeWhole<T>(path: string, fill: (output: Output) => Promise<T>): Promise<T> {
  const part = `${path}.part`;
  const file = await open(part, 'w');
  try {
    const output = new Output((text) => writeAll(file, text));
    const result = await fill(output);
    await output.flush();
    await file.close();
    await rename(part, path);
    return result;
  } catch (error) {
    await file.close().catch(() => undefined);
    await rm(part, { force: true });
    throw error;
  }
}

async function writeAll(file: FileHandle, text: string): Promise<void> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length;) at += (await file.write(bytes, at)).bytesWritten;
}
