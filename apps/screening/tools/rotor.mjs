/** Turning a molecule about its rotatable bonds. Rings stay as they are: only their substituents move. */
import { Molecule } from 'openchemlib';

/**
 * A bond to turn about, and the atoms that move: those of its smaller side.
 * @typedef {{ from: number, to: number, moving: readonly number[] }} Rotor
 */

/** Atoms of different sides may not come closer than this, in ångström. */
const CLOSEST = 1.5;

/**
 * Single bonds outside rings between atoms that both have more than hydrogens to turn; amides stay flat.
 * @param {Molecule} molecule with all hydrogens
 * @returns {Rotor[]}
 */
export function rotorsOf(molecule) {
  molecule.ensureHelperArrays(Molecule.cHelperRings);
  const bonds = Array.from({ length: molecule.getAllBonds() }, (_, bond) => bond);
  return bonds.filter((bond) => isRotatable(molecule, bond)).map((bond) => rotorOf(molecule, bond));
}

/**
 * @param {Molecule} molecule
 * @param {number} bond
 */
function isRotatable(molecule, bond) {
  if (molecule.getBondOrder(bond) !== 1 || molecule.isRingBond(bond) || molecule.isAmideTypeBond(bond))
    return false;
  return [0, 1].every((end) => {
    const atom = molecule.getBondAtom(/** @type {0 | 1} */ (end), bond);
    return heavyNeighbours(molecule, atom) > 1;
  });
}

/**
 * @param {Molecule} molecule
 * @param {number} atom
 */
function heavyNeighbours(molecule, atom) {
  return neighbours(molecule, atom).filter((other) => molecule.getAtomicNo(other) > 1).length;
}

/**
 * @param {Molecule} molecule
 * @param {number} atom
 */
function neighbours(molecule, atom) {
  return Array.from({ length: molecule.getAllConnAtoms(atom) }, (_, index) =>
    molecule.getConnAtom(atom, index),
  );
}

/**
 * @param {Molecule} molecule
 * @param {number} bond
 * @returns {Rotor}
 */
function rotorOf(molecule, bond) {
  const [one, other] = [molecule.getBondAtom(0, bond), molecule.getBondAtom(1, bond)];
  const side = sideOf(molecule, one, other);
  if (2 * side.length <= molecule.getAllAtoms()) return { from: one, to: other, moving: side };
  return { from: other, to: one, moving: sideOf(molecule, other, one) };
}

/**
 * The atoms that hang on `to` when its bond with `from` is cut, without `to`, which lies on the axis.
 * @param {Molecule} molecule
 * @param {number} from
 * @param {number} to
 */
function sideOf(molecule, from, to) {
  const seen = new Set([from, to]);
  const side = [];
  const waiting = [to];
  for (let atom = waiting.pop(); atom !== undefined; atom = waiting.pop()) {
    for (const next of neighbours(molecule, atom)) {
      if (seen.has(next)) continue;
      seen.add(next);
      side.push(next);
      waiting.push(next);
    }
  }
  return side;
}

/**
 * Turns one side of the bond by an angle in radians (Rodrigues' formula).
 * @param {Molecule} molecule changed in place
 * @param {Rotor} rotor
 * @param {number} angle
 */
export function turn(molecule, { from, to, moving }, angle) {
  const origin = position(molecule, from);
  const axis = unit(difference(position(molecule, to), origin));
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  for (const atom of moving) {
    const arm = difference(position(molecule, atom), origin);
    const along = dot(axis, arm) * (1 - cos);
    const across = cross(axis, arm);
    const [x, y, z] = [0, 1, 2].map(
      (i) => at(origin, i) + at(arm, i) * cos + at(across, i) * sin + at(axis, i) * along,
    );
    molecule.setAtomX(atom, Number(x));
    molecule.setAtomY(atom, Number(y));
    molecule.setAtomZ(atom, Number(z));
  }
}

/**
 * Whether the atoms that the rotor moved came too close to others.
 * @param {Molecule} molecule
 * @param {Rotor} rotor
 */
export function clashes(molecule, { to, moving }) {
  const moved = new Set([...moving, to]);
  const still = Array.from({ length: molecule.getAllAtoms() }, (_, atom) => atom).filter(
    (atom) => !moved.has(atom),
  );
  const places = still.map((atom) => position(molecule, atom));
  const near = neighbours(molecule, to);
  return moving.some((atom) => {
    if (near.includes(atom)) return false;
    const place = position(molecule, atom);
    return places.some((other) => squared(difference(place, other)) < CLOSEST * CLOSEST);
  });
}

/** @typedef {readonly [number, number, number]} Vector */

/**
 * @param {Molecule} molecule
 * @param {number} atom
 * @returns {Vector}
 */
function position(molecule, atom) {
  return [molecule.getAtomX(atom), molecule.getAtomY(atom), molecule.getAtomZ(atom)];
}

/**
 * @param {Vector} vector
 * @param {number} index
 */
function at(vector, index) {
  return /** @type {number} */ (vector[index]);
}

/**
 * @param {Vector} a
 * @param {Vector} b
 * @returns {Vector}
 */
function difference(a, b) {
  return [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
}

/**
 * @param {Vector} a
 * @param {Vector} b
 * @returns {Vector}
 */
function cross(a, b) {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}

/**
 * @param {Vector} a
 * @param {Vector} b
 */
function dot(a, b) {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

/** @param {Vector} a */
function squared(a) {
  return dot(a, a);
}

/**
 * @param {Vector} a
 * @returns {Vector}
 */
function unit(a) {
  const length = Math.sqrt(squared(a));
  return [a[0] / length, a[1] / length, a[2] / length];
}
