/** `--inputs` of `writ run`: a JSON object, or `@file` with one. */
import { readFile } from 'node:fs/promises';
import { WritError, messageOf } from '@writ/contracts';

export async function callInputs(argument: string): Promise<Readonly<Record<string, unknown>>> {
  const fromFile = argument.startsWith('@');
  const source = fromFile ? argument.slice(1) : '--inputs';
  let text = argument;
  try {
    if (fromFile) text = await readFile(source, 'utf8');
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  } catch (error) {
    throw new WritError('invalid-inputs', `${source} is no JSON: ${messageOf(error)}`);
  }
  throw new WritError('invalid-inputs', `${source} must be a JSON object such as {"smiles": "CCO"}`);
}
