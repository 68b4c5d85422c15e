/** The keys that a schema knows at some path: what a message lists when a key is unknown. */
import { z } from 'zod';
import type { Path } from './document.ts';

/** Keys of the object that stands at `path` of `value`; empty where any key is allowed. */
export function knownKeys(schema: z.ZodType, path: Path, value: unknown): readonly string[] {
  let current: z.ZodType | undefined = unwrap(schema, value);
  let inner: unknown = value;
  for (const step of path) {
    inner = (inner as Record<string | number, unknown> | undefined)?.[step];
    current = stepInto(current, step, inner);
  }
  return current instanceof z.ZodObject ? Object.keys(current.shape) : [];
}

function stepInto(
  schema: z.ZodType | undefined,
  step: string | number,
  value: unknown,
): z.ZodType | undefined {
  if (schema instanceof z.ZodObject) return unwrap(schema.shape[step] as z.ZodType | undefined, value);
  if (schema instanceof z.ZodArray) return unwrap(schema.element as z.ZodType, value);
  if (schema instanceof z.ZodRecord) return unwrap(schema.valueType as z.ZodType, value);
  return undefined;
}

/** The schema behind optional and default; of a union the member that `value` chose. */
function unwrap(schema: z.ZodType | undefined, value: unknown): z.ZodType | undefined {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault) {
    return unwrap(schema.unwrap() as z.ZodType, value);
  }
  if (!(schema instanceof z.ZodUnion)) return schema;
  if (!(schema instanceof z.ZodDiscriminatedUnion)) {
    const kind = Array.isArray(value) ? z.ZodArray : z.ZodObject;
    return schema.options.find((option): option is z.ZodObject | z.ZodArray => option instanceof kind);
  }
  const key = schema.def.discriminator;
  const chosen = (value as Record<string, unknown> | undefined)?.[key];
  const members = schema.options as readonly z.ZodObject[];
  return members.find((member) => member.shape[key]?.safeParse(chosen).success);
}
