/**
 * READ_ONLY: the energies of a few conformers. Held at the rate of `tools.yaml` for every conformer asked for, settled at
 * the same rate for those that exist.
 */
import { searchConformers } from './conformer-search.mjs';
import { parsePriced } from './molecule.mjs';

/** The rate of `tools.yaml`. */
const NODE_HOURS_PER_ATOM_AND_CONFORMER = 0.05;

/**
 * Energies in kcal/mol.
 * @param {{ smiles: string, atoms: number, conformers: number }} inputs
 * @param {{ report(amounts: Record<string, number>): void }} context
 */
export function run({ smiles, atoms, conformers }, context) {
  const { energies, lowest, populated, rotors } = searchConformers(
    parsePriced({ smiles, atoms }),
    conformers,
  );
  context.report({ 'node-hours': NODE_HOURS_PER_ATOM_AND_CONFORMER * atoms * energies.length });
  return {
    energy: rounded(lowest),
    spread: rounded(Number(energies.at(-1)) - lowest),
    populated: rounded(populated),
    conformers: energies.length,
    rotors,
  };
}

/** @param {number} value */
function rounded(value) {
  return Math.round(value * 100) / 100;
}
