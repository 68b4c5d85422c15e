/** What zod found, as a sentence for the author of a file: the field, what it must be, and what stands there. */
import type { z } from 'zod';
import type { Path } from './document.ts';
import { didYouMean } from './did-you-mean.ts';

/** What this file reads of zod's issues; one flat shape, because issues are data and not a closed set. */
interface IssueDetails {
  readonly code: string;
  readonly message: string;
  readonly expected?: string;
  readonly values?: readonly unknown[];
  readonly options?: readonly unknown[];
  readonly errors?: readonly (readonly { readonly expected?: string }[])[];
  readonly issues?: readonly { readonly message: string }[];
  readonly minimum?: number | bigint;
  readonly maximum?: number | bigint;
  readonly inclusive?: boolean;
  readonly origin?: string;
}

const ARTICLED: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping of keys to values',
  record: 'a mapping of keys to values',
};

/** The sentence for one issue about `value` at `path` (empty: the entry itself, which `subject` names). */
export function issueMessage(raw: z.core.$ZodIssue, path: Path, value: unknown, subject: string): string {
  const issue = raw as unknown as IssueDetails;
  const name = path.length > 0 ? `"${pathText(path)}"` : subject;
  const wanted = expectation(issue);
  if (value === undefined && issue.code !== 'custom')
    return `${name} is missing: it must be ${wanted ?? 'given'}`;
  if (issue.code === 'invalid_key') {
    return `"${String(path.at(-1))}" cannot be a name here: it ${issue.issues?.[0]?.message ?? 'is not allowed'}`;
  }
  if (issue.code === 'too_small' || issue.code === 'too_big')
    return `${name} must ${sized(issue, wanted, value)}`;
  if (issue.code === 'custom') return `${name} ${issue.message}`;
  // What is wrong with a whole mapping is not that it is one.
  if (wanted === undefined) return `${name} ${issue.message}${typeof value === 'object' ? '' : shown(value)}`;
  const choices = issue.values ?? issue.options;
  const hint = choices && typeof value === 'string' ? didYouMean(value, choices.map(String)) : '';
  return `${name} must be ${wanted}${shown(value)}${hint}`;
}

/** `adapter.argv[0]`. */
export function pathText(path: Path): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`;
    return text === '' ? step : `${text}.${step}`;
  }, '');
}

function expectation(issue: IssueDetails): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return articled(issue.expected);
    case 'invalid_value':
      return listed(issue.values ?? []);
    case 'invalid_union':
      if (issue.options) return listed(issue.options);
      return (issue.errors ?? []).map((member) => articled(member[0]?.expected)).join(', or ');
    case 'too_small':
      return `${issue.inclusive ? 'at least' : 'more than'} ${issue.minimum}`;
    case 'too_big':
      return `${issue.inclusive ? 'at most' : 'less than'} ${issue.maximum}`;
    default:
      return undefined;
  }
}

/** A number is at least 1, a list has at least 1 entries, text has at most 64 characters. */
function sized(issue: IssueDetails, bound: string | undefined, value: unknown): string {
  if (issue.origin === 'array') return `have ${bound} entries, not ${(value as readonly unknown[]).length}`;
  if (issue.origin !== 'string') return `be ${bound}${shown(value)}`;
  const { length } = value as string;
  return length === 0 ? 'not be empty' : `have ${bound} characters, not ${length}`;
}

function articled(expected: string | undefined): string {
  return ARTICLED[expected ?? ''] ?? expected ?? 'something else';
}

function listed(choices: readonly unknown[]): string {
  return choices.length === 1 ? String(choices[0]) : `one of ${choices.join(', ')}`;
}

/** `, not "3"`: short values are quoted back, large ones are only named. */
function shown(value: unknown): string {
  switch (typeof value) {
    case 'string':
    case 'number':
    case 'boolean': {
      const text = JSON.stringify(value);
      return text.length <= 60 ? `, not ${text}` : ', which this is not';
    }
    default:
      if (value === null) return ', but nothing stands here';
      return Array.isArray(value) ? ', not a list' : ', not a mapping';
  }
}
