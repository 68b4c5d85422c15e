/**
 * Reading what a later release wrote. Files are strict, because an unknown field is a typing mistake there; a fact that holds
 * the same shapes was checked when it was published, so what is unknown in it is of a later release. It is kept: a tool's spec
 * passes through services that do not know all of it on its way to the executor that does. Costs nothing where all is known.
 */
import type { z } from 'zod';

interface UnknownFields {
  readonly path: readonly PropertyKey[];
  readonly keys: readonly string[];
}

type Fields = Record<PropertyKey, unknown>;

/** As `schema.safeParse`, but fields that the schema does not know are no mistake, and stand in the result as they are. */
export function parseFact(schema: z.ZodType, data: unknown): z.ZodSafeParseResult<unknown> {
  const strict = schema.safeParse(data);
  if (strict.success) return strict;
  const unknown = unknownFields(strict.error.issues);
  if (!unknown) return strict;
  const known = structuredClone(data);
  for (const { path, keys } of unknown) for (const key of keys) delete at(known, path)?.[key];
  const parsed = schema.safeParse(known);
  if (!parsed.success) return parsed;
  for (const { path, keys } of unknown) {
    const [from, to] = [at(data, path), at(parsed.data, path)];
    for (const key of keys) if (from && to) to[key] = from[key];
  }
  return parsed;
}

/** Undefined when something else is wrong, too. */
function unknownFields(
  issues: readonly z.core.$ZodIssue[],
  above: readonly PropertyKey[] = [],
): UnknownFields[] | undefined {
  const found: UnknownFields[] = [];
  for (const issue of issues) {
    const path = [...above, ...issue.path];
    if (issue.code === 'unrecognized_keys') found.push({ path, keys: issue.keys });
    else if (issue.code === 'invalid_union') {
      const inOne = issue.errors.map((option) => unknownFields(option, path)).find((fields) => fields);
      if (!inOne) return undefined;
      found.push(...inOne);
    } else return undefined;
  }
  return found;
}

function at(value: unknown, path: readonly PropertyKey[]): Fields | undefined {
  let found = value;
  for (const step of path) found = (found as Fields | undefined)?.[step];
  return found as Fields | undefined;
}
