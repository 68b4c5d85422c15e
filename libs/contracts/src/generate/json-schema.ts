/** JSON Schemas of all events and files, derived from the zod schemas, for clients in other languages and for editors. */
import { z } from 'zod';
import { EVENT_SCHEMAS } from '../events/events.ts';
import { governanceFile } from '../files/governance-file.ts';

type JsonSchema = Readonly<Record<string, unknown>>;

/** JSON Schema (draft 7) of what a sender may write; defaults are optional there. */
export function jsonSchemaOf(schema: z.ZodType): JsonSchema {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, {
    target: 'draft-7',
    io: 'input',
    reused: 'inline',
    unrepresentable: 'any',
  });
  return rest;
}

/** The data of every type of event, by type. */
export function eventSchemas(): Readonly<Record<string, JsonSchema>> {
  return Object.fromEntries(
    Object.entries(EVENT_SCHEMAS).map(([type, schema]) => [type, jsonSchemaOf(schema)]),
  );
}

/** `events.schema.json`: one definition an event type. */
export function eventsDocument(): JsonSchema {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Data of every Writ event, by CloudEvents type',
    definitions: eventSchemas(),
  };
}

/** `governance-file.schema.json`: for editors, so that a policy is checked while it is typed. */
export function governanceDocument(): JsonSchema {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'A Writ governance file',
    ...jsonSchemaOf(governanceFile),
  };
}
