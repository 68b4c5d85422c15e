/**
 * Starting geometries. Embedding a molecule in space takes openchemlib some CPU seconds and depends on what the process
 * has embedded before, so the library's molecules were embedded once (`data/write-geometries.mjs`), and a run starts from that
 * file. Any other molecule is embedded on demand.
 */
import { readFileSync } from 'node:fs';
import { ConformerGenerator, Molecule, Resources } from 'openchemlib';
import { ToolError } from './molecule.mjs';

const FILE = new URL('../data/geometries.tsv', import.meta.url);
const FIRST_SEED = 7;
const MOST_SEEDS = 20;
/** Parity of a centre that may be either. */
const OPEN = Molecule.cAtomParityUnknown;

let registered = false;
/** @type {Map<string, [idCode: string, coordinates: string]> | undefined} */
let known;

/** Loads the tables of openchemlib's force field and torsions: once a thread, and only when they are needed. */
export function registerResources() {
  if (!registered) Resources.registerFromNodejs();
  registered = true;
}

/**
 * A geometry of the molecule with all hydrogens.
 * @param {Molecule} molecule without hydrogens and coordinates
 * @returns {Molecule}
 */
export function startGeometry(molecule) {
  known ??= readGeometries();
  const found = known.get(molecule.getIDCode());
  return found ? Molecule.fromIDCode(...found) : embed(molecule);
}

/**
 * A geometry with the handedness of the structure; openchemlib sometimes finds its mirror image at a centre of a cage.
 * @param {Molecule} molecule
 * @returns {Molecule}
 */
export function embed(molecule) {
  registerResources();
  const wanted = handedness(molecule);
  for (let seed = FIRST_SEED; seed < FIRST_SEED + MOST_SEEDS; seed++) {
    const embedded = new ConformerGenerator(seed).getOneConformerAsMolecule(molecule.getCompactCopy());
    if (embedded && handedness(embedded).startsWith(wanted)) return embedded;
  }
  throw new ToolError('not-embedded', `no geometry was found for ${molecule.toSmiles()}`);
}

/**
 * How many centres are R and how many S, of those that are either: "RRS". Centres that a SMILES leaves open are not
 * compared, so a structure with open ones says nothing.
 * @param {Molecule} molecule
 */
function handedness(molecule) {
  molecule.ensureHelperArrays(Molecule.cHelperCIP);
  const atoms = Array.from({ length: molecule.getAtoms() }, (_, atom) => atom);
  if (atoms.some((atom) => molecule.isAtomStereoCenter(atom) && molecule.getAtomParity(atom) === OPEN))
    return '';
  const parities = atoms.map((atom) => molecule.getAtomCIPParity(atom));
  return parities
    .map((parity) =>
      parity === Molecule.cAtomCIPParityRorM ? 'R' : parity === Molecule.cAtomCIPParitySorP ? 'S' : '',
    )
    .sort()
    .join('');
}

/** By the id code of the plain structure: the id code of the geometry also says what its SMILES left open. */
function readGeometries() {
  const lines = readFileSync(FILE, 'utf8').trimEnd().split('\n').slice(1);
  return new Map(
    lines.map((line) => {
      const [structure = '', idCode = '', coordinates = ''] = line.split('\t');
      return [structure, /** @type {[string, string]} */ ([idCode, coordinates])];
    }),
  );
}
