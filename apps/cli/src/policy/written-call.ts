/** Calls as people write them down for `writ policy test` and `explain`: in YAML or JSON, with what a rule can see. */
import { readFile } from 'node:fs/promises';
import { WritError, messageOf, priority } from '@writ/contracts';
import { askedCall, requestContext } from '@writ/policy';
import type { AskedCall } from '@writ/policy';
import { parse } from 'yaml';
import { z } from 'zod';

export const writtenCall = z.strictObject({
  tool: z.string(),
  agent: z.string().default('agent'),
  inputs: z.record(z.string(), z.unknown()).default({}),
  project: z.string().default('default'),
  campaign: z.string().optional(),
  priority: priority.default('normal'),
  justification: z.string().optional(),
  /** RFC 3339. */
  deadline: z.iso.datetime({ offset: true }).optional(),
  /** When it is decided; absent: now. */
  time: z.iso.datetime({ offset: true }).optional(),
});
export type WrittenCall = z.infer<typeof writtenCall>;

export function asked(invocation: string, call: WrittenCall): AskedCall {
  return askedCall(invocation, call.agent, call.tool, call.inputs, requestContext(call));
}

/** What a YAML or JSON file says. @throws WritError `invalid-file` with what is wrong and where. */
export async function readWritten<T>(path: string, schema: z.ZodType<T>): Promise<T> {
  let value: unknown;
  try {
    value = parse(await readFile(path, 'utf8'));
  } catch (error) {
    throw new WritError('invalid-file', `${path}: ${messageOf(error)}`, { cause: error });
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new WritError('invalid-file', `${path}: ${z.prettifyError(parsed.error)}`);
}
