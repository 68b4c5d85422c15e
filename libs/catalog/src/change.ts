/** What a person reads before applying: which fields of an entry differ, from what to what. */
import { canonicalJson } from '@writ/contracts';

export const ChangeKind = { added: 'added', changed: 'changed', removed: 'removed' } as const;
export type ChangeKind = (typeof ChangeKind)[keyof typeof ChangeKind];

export interface FieldChange {
  /** `adapter.argv[0]`. */
  readonly field: string;
  /** Absent: the field is new. */
  readonly before?: unknown;
  /** Absent: the field is gone. */
  readonly after?: unknown;
}

export interface Change {
  readonly kind: ChangeKind;
  /** The section of a file that it is about: `tool`, `policy`, `budget`, `breaker`, `share`, `node type` and so on. */
  readonly what: string;
  readonly name: string;
  /** Empty when the whole entry was added or removed. */
  readonly fields: readonly FieldChange[];
}

/** The change of one entry; nothing when both mean the same. */
export function changeOf(what: string, name: string, before: unknown, after: unknown): Change | undefined {
  if (before === undefined && after === undefined) return undefined;
  if (before === undefined) return { kind: ChangeKind.added, what, name, fields: [] };
  if (after === undefined) return { kind: ChangeKind.removed, what, name, fields: [] };
  const fields = fieldChanges(before, after);
  return fields.length > 0 ? { kind: ChangeKind.changed, what, name, fields } : undefined;
}

/** Whether two JSON values mean the same. */
export function same(a: unknown, b: unknown): boolean {
  return a === b || (a !== undefined && b !== undefined && canonicalJson(a) === canonicalJson(b));
}

function fieldChanges(before: unknown, after: unknown, field = ''): FieldChange[] {
  if (same(before, after)) return [];
  if (!isPlain(before) || !isPlain(after) || Array.isArray(before) !== Array.isArray(after)) {
    return [
      { field, ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) },
    ];
  }
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  const inList = Array.isArray(before);
  return [...keys].flatMap((key) =>
    fieldChanges(
      before[key],
      after[key],
      inList ? `${field}[${key}]` : field === '' ? key : `${field}.${key}`,
    ),
  );
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
