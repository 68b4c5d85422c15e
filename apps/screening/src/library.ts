/** The molecules of the campaign: approved drugs by name, formula and SMILES (`data/molecules.tsv`). */
import { readFileSync } from 'node:fs';
import { WritError } from '@writ/contracts';

export interface Molecule {
  readonly name: string;
  readonly formula: string;
  readonly smiles: string;
}

const FILE = new URL('../data/molecules.tsv', import.meta.url);

export function readLibrary(file: URL = FILE): Molecule[] {
  const [, ...lines] = readFileSync(file, 'utf8').trimEnd().split('\n');
  return lines.map((line, index) => {
    const [name, formula, smiles] = line.split('\t');
    if (name && formula && smiles) return { name, formula, smiles };
    throw new WritError(
      'invalid-library',
      `${file.pathname}:${index + 2}: expected name, formula and SMILES between tabs`,
    );
  });
}
