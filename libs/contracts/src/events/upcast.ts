/**
 * Versions of events, in one place. A change that only adds optional fields needs none: older ledgers lack them, older
 * releases keep them (`unknown-fields.ts`). When a field changes its shape or its meaning, its type gets a new version: a row
 * in `UPCASTS` turns the data of the version before into the next, so that schemas and folds know the newest one only and a
 * ledger stays readable for ever. Versions count from 1, and an event says its own in `dataversion` from 2 on. A release
 * cannot read a version that came after it: a service stops then, so such a change needs a cell that is stopped for it.
 *
 * Were amounts of `budget.reserved` in whole units until version 2:
 *
 *     export const UPCASTS: Upcasts = {
 *       'budget.reserved@1': (data) => ({ ...data, holds: data.holds.map(inMicros) }),
 *     };
 */
import { WritError } from '../errors.ts';

/** The data of an event as it was written, and as the next version has it. */
export type Upcast = (data: never) => unknown;

/** By `type@version`: from that version to the next. */
export type Upcasts = Readonly<Record<`${string}@${number}`, Upcast>>;

export const UPCASTS: Upcasts = {
  'budget.defined@1': estimatesWereOptional,
};

/** A limit that says nothing of calls without an estimate let them run, until version 2. What is no budget stays as it is. */
function estimatesWereOptional(data: { readonly budget?: { readonly limits?: unknown } } | null): unknown {
  const limits = data?.budget?.limits;
  if (!data || typeof limits !== 'object' || limits === null) return data;
  const allowing = Object.entries(limits).map(([unit, given]: [string, unknown]) => [
    unit,
    Array.isArray(given) ? given.map(allowed) : allowed(given),
  ]);
  return { ...data, budget: { ...data.budget, limits: Object.fromEntries(allowing) } };
}

function allowed(limit: unknown): unknown {
  if (typeof limit === 'number') return { hard: limit, undeclared: 'allowed' };
  return typeof limit === 'object' ? { undeclared: 'allowed', ...limit } : limit;
}

export class EventVersions {
  readonly #steps = new Map<string, Upcast[]>();

  /** @throws WritError `missing-upcast` when the versions of a type do not follow each other from 1 on */
  constructor(upcasts: Upcasts) {
    const names = Object.keys(upcasts).map((name) => name.split('@') as [type: string, version: string]);
    for (const [type] of names) {
      const count = names.filter(([other]) => other === type).length;
      const steps = Array.from({ length: count }, (_, index) => upcasts[`${type}@${index + 1}`]);
      const gap = steps.indexOf(undefined);
      if (gap >= 0) throw new WritError('missing-upcast', `no upcast is named ${type}@${gap + 1}`);
      this.#steps.set(type, steps as Upcast[]);
    }
  }

  /** What an event of this type carries in its envelope when it is written now. */
  attribute(type: string): { readonly dataversion?: number } {
    const steps = this.#steps.get(type);
    return steps ? { dataversion: steps.length + 1 } : NONE;
  }

  /** The data in the newest version; `LATER` when it is of a version that is not known here. */
  newest(type: string, version: unknown, data: unknown): unknown {
    const steps = this.#steps.get(type);
    if (version === undefined && !steps) return data;
    const written = version ?? 1;
    const known = (steps?.length ?? 0) + 1;
    if (typeof written !== 'number' || !Number.isInteger(written) || written < 1 || written > known)
      return LATER;
    return (steps ?? []).slice(written - 1).reduce((older, step) => step(older as never), data);
  }
}

export const LATER = Symbol('of a later version');
const NONE = {};

export const VERSIONS = new EventVersions(UPCASTS);
