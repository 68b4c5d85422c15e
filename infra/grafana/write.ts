/** Writes dashboards and rules; part of `npm run generate`. */
import { writeFile } from 'node:fs/promises';
import { grafanaFiles } from './files.ts';

for (const [path, text] of grafanaFiles()) await writeFile(new URL(`../${path}`, import.meta.url), text);
