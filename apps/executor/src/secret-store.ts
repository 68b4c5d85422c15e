/**
 * Where `secret://name` gets its value: a file of that name in the secrets folder (as Kubernetes and systemd mount
 * them), else the variable `WRIT_SECRET_<NAME>`. Read for each call, so that a rotated secret is in force at once.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { WritError } from '@writ/contracts';

export interface SecretStore {
  /** @throws WritError `unknown-secret`, `weak-secret` that name the secret and never its value. */
  value(ref: string): Promise<string>;
}

/** A shorter value cannot be told from ordinary text, so it could not be kept out of what a tool returns. */
const SHORTEST_SECRET = 8;

const SCHEME = 'secret://';

export function secretStore(
  environment: Readonly<Record<string, string | undefined>>,
  folder: string | undefined,
): SecretStore {
  return {
    async value(ref) {
      const name = ref.slice(SCHEME.length);
      const variable = `WRIT_SECRET_${name.toUpperCase().replaceAll('-', '_')}`;
      const value = (await fileText(folder, name)) ?? environment[variable];
      if (value === undefined || value === '') {
        const places = folder === undefined ? variable : `${join(folder, name)} or ${variable}`;
        throw new WritError('unknown-secret', `this executor has no ${ref}: put it into ${places}`);
      }
      if (value.length < SHORTEST_SECRET) {
        throw new WritError('weak-secret', `${ref} must have at least ${SHORTEST_SECRET} characters`);
      }
      return value;
    },
  };
}

async function fileText(folder: string | undefined, name: string): Promise<string | undefined> {
  if (folder === undefined) return undefined;
  try {
    return (await readFile(join(folder, name), 'utf8')).replace(/\r?\n$/, '');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new WritError('unknown-secret', `the file of ${SCHEME}${name} cannot be read`, { cause: error });
  }
}
