/** READ_ONLY: what a structure alone says about a molecule. */
import { MoleculeProperties } from 'openchemlib';
import { parse } from './molecule.mjs';

/** Lipinski's rule of five (Adv. Drug Deliv. Rev. 23, 1997): more than one violation, and uptake by mouth is unlikely. */
const MOST_VIOLATIONS = 1;

/**
 * logP and polar surface area are openchemlib's increments; weight in g/mol, area in square ångström.
 * @param {{ smiles: string }} inputs
 */
export function run({ smiles }) {
  const molecule = parse(smiles);
  const { formula, relativeWeight } = molecule.getMolecularFormula();
  const { logP, polarSurfaceArea, donorCount, acceptorCount, rotatableBondCount } = new MoleculeProperties(
    molecule,
  );
  const violations = [relativeWeight > 500, logP > 5, donorCount > 5, acceptorCount > 10].filter(
    Boolean,
  ).length;
  return {
    formula,
    atoms: molecule.getAllAtoms(),
    weight: rounded(relativeWeight),
    logP: rounded(logP),
    polarSurface: rounded(polarSurfaceArea),
    donors: donorCount,
    acceptors: acceptorCount,
    rotatableBonds: rotatableBondCount,
    lipinski: { violations, passes: violations <= MOST_VIOLATIONS },
  };
}

/** @param {number} value */
function rounded(value) {
  return Math.round(value * 100) / 100;
}
