/**
 * Writes `geometries.tsv`: a relaxed geometry for every molecule of `molecules.tsv` that has none yet, and no others.
 * Run it after adding molecules (`node apps/screening/data/write-geometries.mjs`); one takes seconds, a macrolide a minute.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { ForceFieldMMFF94 } from 'openchemlib';
import { embed, registerResources } from '../tools/geometry.mjs';
import { parse } from '../tools/molecule.mjs';

const MOLECULES = new URL('molecules.tsv', import.meta.url);
const GEOMETRIES = new URL('geometries.tsv', import.meta.url);
const HEAD = 'structure\tidcode\tcoordinates';

/** @param {URL} file */
function rowsOf(file) {
  if (!existsSync(file)) return [];
  const [, ...lines] = readFileSync(file, 'utf8').trimEnd().split('\n');
  return lines.map((line) => line.split('\t'));
}

const known = new Map(rowsOf(GEOMETRIES).map((row) => [row[0], row]));
const rows = rowsOf(MOLECULES).map(([name, , smiles = '']) => {
  const molecule = parse(smiles);
  const structure = molecule.getIDCode();
  const found = known.get(structure);
  if (found) return found;
  console.log(name);
  registerResources();
  const geometry = embed(molecule);
  new ForceFieldMMFF94(geometry, ForceFieldMMFF94.MMFF94SPLUS).minimise({
    maxIts: 1_000,
    gradTol: 1e-3,
    funcTol: 1e-5,
  });
  const { idCode, coordinates } = geometry.getIDCodeAndCoordinates();
  return [structure, idCode, coordinates];
});
writeFileSync(GEOMETRIES, `${[HEAD, ...rows.map((row) => row.join('\t'))].join('\n')}\n`);
