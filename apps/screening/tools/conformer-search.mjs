/**
 * A conformer search: random torsions from the starting geometry on, each relaxed in the MMFF94s+ force field. The same
 * molecule and count give the same conformers in every process, so a call that runs again gives the same answer.
 */
import { ForceFieldMMFF94, Molecule } from 'openchemlib';
import { registerResources, startGeometry } from './geometry.mjs';
import { ToolError } from './molecule.mjs';
import { clashes, rotorsOf, turn } from './rotor.mjs';

/** kcal/mol at 298.15 K. */
const RT = 0.592_48;
/** Torsions are tried in steps of 60 degrees. */
const TORSIONS = 6;
/** Bonds turned at once: with more of them, parts of a large molecule nearly always run into each other. */
const MOST_TURNED = 3;
/** Torsion sets that may clash before the search is content with what it has. */
const MOST_CLASHES = 60;
/** Relaxation stops after about as many atom-iterations, so that a macrolide does not take minutes. */
const RELAXATION = 2_400;
const LEAST_ITERATIONS = 12;
const MOST_ITERATIONS = 60;

/**
 * Energies in kcal/mol, lowest first, and what they say at room temperature.
 * @param {Molecule} molecule without hydrogens
 * @param {number} wanted conformers; a rigid or crowded molecule has fewer
 */
export function searchConformers(molecule, wanted) {
  registerResources();
  const start = startGeometry(molecule);
  const rotors = rotorsOf(start);
  const random = randomFrom(molecule.getIDCode());
  const energies = [relaxed(start.getCompactCopy())];
  for (let clashed = 0; energies.length < wanted && rotors.length > 0 && clashed < MOST_CLASHES;) {
    const conformer = twisted(start, rotors, random);
    if (conformer) energies.push(relaxed(conformer));
    else clashed += 1;
  }
  energies.sort((a, b) => a - b);
  return { rotors: rotors.length, energies, ...thermodynamics(energies) };
}

/**
 * A copy with some bonds turned at random; undefined when atoms came too close.
 * @param {Molecule} start
 * @param {readonly import('./rotor.mjs').Rotor[]} rotors
 * @param {() => number} random
 */
function twisted(start, rotors, random) {
  const conformer = start.getCompactCopy();
  conformer.ensureHelperArrays(Molecule.cHelperNeighbours);
  for (let turned = 0; turned < MOST_TURNED; turned++) {
    const rotor = /** @type {import('./rotor.mjs').Rotor} */ (rotors[Math.floor(random() * rotors.length)]);
    const step = 1 + Math.floor(random() * (TORSIONS - 1));
    turn(conformer, rotor, (step * 2 * Math.PI) / TORSIONS);
    if (clashes(conformer, rotor)) return undefined;
  }
  return conformer;
}

/** @param {Molecule} conformer changed in place */
function relaxed(conformer) {
  const size = conformer.getAllAtoms();
  const maxIts = Math.min(MOST_ITERATIONS, Math.max(LEAST_ITERATIONS, Math.round(RELAXATION / size)));
  try {
    const field = new ForceFieldMMFF94(conformer, ForceFieldMMFF94.MMFF94SPLUS);
    field.minimise({ maxIts, gradTol: 1e-2, funcTol: 1e-4 });
    return field.getTotalEnergy();
  } catch (error) {
    const why = /** @type {Error} */ (error).message;
    throw new ToolError('unsupported-atom', `MMFF94 has no parameters for this molecule: ${why}`);
  }
}

/**
 * The Boltzmann mean over the conformers found, and how many of them are really populated.
 * @param {readonly number[]} energies lowest first
 */
function thermodynamics(energies) {
  const lowest = Number(energies[0]);
  const weights = energies.map((energy) => Math.exp((lowest - energy) / RT));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  const shares = weights.map((weight) => weight / sum);
  const mean = energies.reduce((total, energy, index) => total + energy * Number(shares[index]), 0);
  const entropy = shares.reduce((total, share) => total - (share > 0 ? share * Math.log(share) : 0), 0);
  return { lowest, mean, populated: Math.exp(entropy), conformationalEntropy: RT * entropy };
}

/**
 * Numbers in [0, 1) that depend on the text alone (mulberry32 seeded with FNV-1a).
 * @param {string} text
 */
function randomFrom(text) {
  let state = 0x811c9dc5;
  for (let index = 0; index < text.length; index++)
    state = Math.imul(state ^ text.charCodeAt(index), 0x01000193);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
