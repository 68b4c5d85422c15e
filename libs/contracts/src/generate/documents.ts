/** The generated documents by file name; `write.ts` writes them, a test compares them with what is committed. */
import { asyncApiDocument } from './asyncapi.ts';
import { eventsDocument, governanceDocument } from './json-schema.ts';

/** File name in `libs/contracts/generated` -> text. */
export function documents(): ReadonlyMap<string, string> {
  const all = {
    'asyncapi.json': asyncApiDocument(),
    'events.schema.json': eventsDocument(),
    'governance-file.schema.json': governanceDocument(),
  };
  return new Map(Object.entries(all).map(([name, value]) => [name, `${JSON.stringify(value, null, 2)}\n`]));
}
