/**
 * Irreversible: orders the synthesis of a molecule by writing a file that the laboratory collects. `once`: the suite never
 * runs it twice; should anybody else do so, the second order of the same key fails instead of being placed.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { parsePriced } from './molecule.mjs';
import { ordersFolder } from './orders.mjs';

/**
 * @param {{ name: string, smiles: string, atoms: number, milligrams: number }} inputs
 * @param {{ invocation: string, idempotencyKey: string, fencingToken: number }} context
 */
export async function run(inputs, { invocation, idempotencyKey, fencingToken }) {
  const formula = parsePriced(inputs).getMolecularFormula().formula;
  const folder = ordersFolder();
  const order = createHash('sha256').update(idempotencyKey).digest('hex').slice(0, 16);
  const text = JSON.stringify({ order, ...inputs, formula, invocation, fencingToken }, undefined, 2);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, `${order}.json`), `${text}\n`, { flag: 'wx' });
  return { order, formula, milligrams: inputs.milligrams };
}
