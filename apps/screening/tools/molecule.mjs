/**
 * Molecules as the tools get them: parsed from SMILES, checked against the atom count that the call was priced by. A
 * call whose count is wrong fails, because a policy and a budget have decided over that number.
 */
import { Molecule } from 'openchemlib';

/** An error whose `code` the ledger records. */
export class ToolError extends Error {
  /**
   * @param {string} code
   * @param {string} message
   */
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

/**
 * @param {string} smiles
 * @returns {Molecule}
 */
export function parse(smiles) {
  try {
    return Molecule.fromSmiles(smiles, { noCoordinates: true });
  } catch (error) {
    throw new ToolError(
      'invalid-smiles',
      `"${smiles}" is no SMILES: ${/** @type {Error} */ (error).message}`,
    );
  }
}

/**
 * The molecule, if it has as many atoms (hydrogens not counted) as the call was priced by.
 * @param {{ smiles: string, atoms: number }} inputs
 * @returns {Molecule}
 */
export function parsePriced({ smiles, atoms }) {
  const molecule = parse(smiles);
  const counted = molecule.getAllAtoms();
  if (counted === atoms) return molecule;
  throw new ToolError('wrong-atom-count', `${smiles} has ${counted} atoms without hydrogens, not ${atoms}`);
}
