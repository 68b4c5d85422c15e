/**
 * Writes the generated sections of the README: the tables of the language, and the result of a conformance
 * run. Run: `node --conditions=@writ/source libs/expressions/generate/readme.ts`.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { runConformance } from '../src/conformance/run.ts';
import { withSections } from '../src/readme-sections.ts';

const README = new URL('../README.md', import.meta.url);
writeFileSync(README, withSections(readFileSync(README, 'utf8'), runConformance()));
