/**
 * READ_ONLY: a stand-in for a density functional calculation. It searches many conformers in the MMFF94s+ force field and
 * is priced like the calculation that it stands for, by the cube of the atom count; the price is fixed, so what is held
 * is what is settled.
 */
import { searchConformers } from './conformer-search.mjs';
import { parsePriced } from './molecule.mjs';

/** The rate of `tools.yaml`. */
const NODE_HOURS_PER_CUBIC_ATOM = 0.008;
const CONFORMERS = 8;

/**
 * Energies in kcal/mol at 298.15 K.
 * @param {{ smiles: string, atoms: number }} inputs
 * @param {{ report(amounts: Record<string, number>): void }} context
 */
export function run({ smiles, atoms }, context) {
  const found = searchConformers(parsePriced({ smiles, atoms }), CONFORMERS);
  context.report({ 'node-hours': NODE_HOURS_PER_CUBIC_ATOM * atoms ** 3 });
  return {
    method: 'MMFF94s+, Boltzmann mean over conformers; no quantum mechanics',
    energy: rounded(found.mean),
    lowest: rounded(found.lowest),
    conformationalEntropy: rounded(found.conformationalEntropy),
    populated: rounded(found.populated),
    conformers: found.energies.length,
  };
}

/** @param {number} value */
function rounded(value) {
  return Math.round(value * 100) / 100;
}
