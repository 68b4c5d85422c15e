/**
 * One entry of a governance file (a tool, a policy, a budget, ...) checked against its schema, with every mistake at its
 * place. A broken entry does not hide the mistakes of the others.
 */
import { isScalar } from 'yaml';
import type { z } from 'zod';
import { placeOf, placeOfKey, scalarAt, valueAt } from './document.ts';
import type { Path, YamlFile } from './document.ts';
import { issueMessage } from './issue-message.ts';
import { didYouMean } from './did-you-mean.ts';
import { problemAt } from './problem.ts';
import type { Problem } from './problem.ts';
import { knownKeys } from './schema-keys.ts';

/** A value that passed its schema, and where it came from. */
export interface Entry<T> {
  readonly value: T;
  readonly yaml: YamlFile;
  readonly path: Path;
}

export interface EntryResult<T> {
  readonly entry?: Entry<T>;
  readonly problems: readonly Problem[];
}

/** Checks what stands at `path`. `subject` names it in messages: "a tool". */
export function checkEntry<T>(
  yaml: YamlFile,
  path: Path,
  schema: z.ZodType<T>,
  subject: string,
): EntryResult<T> {
  const raw = valueAt(yaml, path);
  let result = schema.safeParse(raw);
  if (!result.success && takeAsWritten(yaml, path, raw, result.error.issues.flatMap(meant)))
    result = schema.safeParse(raw);
  if (result.success) return { entry: { value: result.data, yaml, path }, problems: [] };
  return {
    problems: result.error.issues
      .flatMap(meant)
      .flatMap((issue) => issueProblems(yaml, path, schema, raw, issue, subject)),
  };
}

/** Of a value that may be written in several ways, the mistakes in the way that its author chose. */
function meant(issue: z.core.$ZodIssue): readonly z.core.$ZodIssue[] {
  if (issue.code !== 'invalid_union') return [issue];
  const chosen = issue.errors.find(
    (member) => !member.some(({ code, path }) => code === 'invalid_type' && path.length === 0),
  );
  if (!chosen || chosen.length === 0) return [issue];
  return chosen.flatMap(meant).map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] }));
}

/** Where text is wanted, a bare number or boolean is the text as its author wrote it: `version: 1.10`, `calls: 1`. */
function takeAsWritten(
  yaml: YamlFile,
  path: Path,
  raw: unknown,
  issues: readonly z.core.$ZodIssue[],
): boolean {
  let changed = false;
  for (const issue of issues) {
    const key = issue.path.at(-1) as string | number | undefined;
    if (issue.code !== 'invalid_type' || issue.expected !== 'string' || key === undefined) continue;
    const inner = issue.path as Path;
    const scalar = scalarAt(yaml, [...path, ...inner]);
    if (!isScalar(scalar) || scalar.value === null || scalar.source === undefined) continue;
    const parent = inner
      .slice(0, -1)
      .reduce((value: unknown, step) => Reflect.get(value as object, step), raw);
    changed = Reflect.set(parent as object, key, scalar.source) || changed;
  }
  return changed;
}

function issueProblems(
  yaml: YamlFile,
  path: Path,
  schema: z.ZodType,
  raw: unknown,
  issue: z.core.$ZodIssue,
  subject: string,
): Problem[] {
  const inner = issue.path as Path;
  if (issue.code === 'unrecognized_keys') {
    const known = knownKeys(schema, inner, raw);
    return issue.keys.map((key) => unknownKey(yaml, [...path, ...inner, key], known));
  }
  const full = [...path, ...inner];
  const place = (issue.code === 'invalid_key' ? placeOfKey(yaml, full) : undefined) ?? placeOf(yaml, full);
  const message = issueMessage(issue, inner, valueAt(yaml, full), subject);
  return [problemAt(yaml.file, place.offset, place.length, message)];
}

/** The problem of a key that is none of `known`. */
export function unknownKey(yaml: YamlFile, path: Path, known: readonly string[]): Problem {
  const key = String(path.at(-1));
  const place = placeOfKey(yaml, path) ?? placeOf(yaml, path);
  const guess = didYouMean(key, known);
  const hint = guess === '' ? `; known here: ${known.join(', ')}` : guess;
  return problemAt(yaml.file, place.offset, place.length, `unknown key "${key}"${hint}`);
}
