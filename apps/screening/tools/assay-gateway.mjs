/**
 * READ_ONLY: asks the assay laboratory for the well in which a molecule will be tested. The laboratory has one row of
 * wells; after that its gateway fails, for every ticket and however often it is asked, so that a repeated call (after a
 * lost executor) ends as the first one did.
 */
import { ToolError, parse } from './molecule.mjs';

/** Wells of one row of a 96-well plate. */
const WELLS = 12;

/** @param {{ smiles: string, ticket: number }} inputs */
export function run({ smiles, ticket }) {
  const molecule = parse(smiles);
  if (ticket > WELLS) {
    throw new ToolError('gateway-unavailable', `the assay gateway answers 503: its ${WELLS} wells are taken`);
  }
  return { plate: 'A', well: ticket, formula: molecule.getMolecularFormula().formula };
}
