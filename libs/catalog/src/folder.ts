/** Reads a governance folder: its `*.yaml` and `*.yml` files in name order, with bounds. The only I/O of this lib. */
import { readFile, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { WritError, messageOf } from '@writ/contracts';
import { MAX_FILES, MAX_FILE_BYTES, MAX_FOLDER_BYTES } from './limits.ts';
import type { SourceFile } from './problem.ts';

/** The files of `folder`; `path` starts with the folder as it was given, so that messages can be clicked. */
export async function readFolder(folder: string): Promise<readonly SourceFile[]> {
  const names = await yamlNames(folder);
  if (names.length === 0) {
    throw new WritError(
      'empty-folder',
      `${folder} holds no *.yaml or *.yml file; a governance folder needs one`,
    );
  }
  if (names.length > MAX_FILES) {
    throw new WritError(
      'folder-too-large',
      `${folder} holds ${names.length} YAML files; at most ${MAX_FILES} are read`,
    );
  }
  const files: SourceFile[] = [];
  let total = 0;
  for (const name of names) {
    const path = join(folder, name);
    const { size } = await stat(path);
    total += size;
    if (size > MAX_FILE_BYTES) {
      throw new WritError(
        'folder-too-large',
        `${path} has ${size} bytes; at most ${MAX_FILE_BYTES} are read`,
      );
    }
    if (total > MAX_FOLDER_BYTES) {
      throw new WritError('folder-too-large', `${folder} holds more than ${MAX_FOLDER_BYTES} bytes of YAML`);
    }
    files.push({ path, text: decode(path, await readFile(path)) });
  }
  return files;
}

async function yamlNames(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    const files = entries.filter((entry) => !entry.isDirectory() && /\.ya?ml$/.test(entry.name));
    return files.map((entry) => entry.name).sort();
  } catch (error) {
    throw new WritError('folder-unreadable', `cannot read the folder ${folder}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

function decode(path: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new WritError('folder-unreadable', `${path} is not UTF-8 text`);
  }
}
