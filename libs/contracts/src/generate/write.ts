/** `npm run generate`: writes the documents that are derived from the schemas. */
import { mkdir, writeFile } from 'node:fs/promises';
import { documents } from './documents.ts';

const folder = new URL('../../generated/', import.meta.url);
await mkdir(folder, { recursive: true });
for (const [name, text] of documents()) await writeFile(new URL(name, folder), text);
