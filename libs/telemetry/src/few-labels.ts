/**
 * Keeps the series of a metric few: the first combinations of values are told apart, all later ones are `other`. What agents
 * and operators may name without end must never become series without end; Writ's own words are told also then.
 */
import type { Attributes } from '@opentelemetry/api';
import { CLOSED_ATTRIBUTES } from './names.ts';
import type { Attribute, Metric } from './names.ts';
import type { Meter } from './telemetry.ts';

/** Tools and projects of a busy cell; half of what one metric may have (`series.ts`), so `other` always finds room there. */
const MOST_COMBINATIONS = 1_000;
const REST = 'other';
const BETWEEN = '\n';

export class FewLabels {
  readonly #names: readonly Attribute[];
  readonly #known = new Map<string, Attributes>();

  constructor(...names: readonly Attribute[]) {
    this.#names = names;
  }

  /** One value for each name; the same object, which never changes, for the same values. */
  of(...values: readonly string[]): Attributes {
    const told = this.#known.get(values.join(BETWEEN));
    return told ?? this.#labels(this.#known.size < MOST_COMBINATIONS ? values : this.#rest(values));
  }

  #rest(values: readonly string[]): readonly string[] {
    return values.map((value, place) =>
      CLOSED_ATTRIBUTES.has(this.#names[place] as Attribute) ? value : REST,
    );
  }

  #labels(values: readonly string[]): Attributes {
    const key = values.join(BETWEEN);
    let labels = this.#known.get(key);
    if (!labels) {
      labels = Object.freeze(
        Object.fromEntries(this.#names.map((name, place) => [name, values[place] ?? ''])),
      );
      this.#known.set(key, labels);
    }
    return labels;
  }
}

/** A gauge that is read whenever somebody looks; `both` says what stands for two values that share their labels. */
export function observeGauge(
  meter: Meter,
  metric: Metric,
  both: (a: number, b: number) => number,
  read: () => Iterable<readonly [labels: Attributes, value: number]>,
): void {
  meter.createObservableGauge(metric).addCallback((result) => {
    for (const [labels, value] of gathered(read(), both)) result.observe(value, labels);
  });
}

/** What `both` may be when values that share their labels are counts. */
export function sum(a: number, b: number): number {
  return a + b;
}

/** One value for each combination of labels. */
function gathered(
  all: Iterable<readonly [labels: Attributes, value: number]>,
  both: (a: number, b: number) => number,
): ReadonlyMap<Attributes, number> {
  const values = new Map<Attributes, number>();
  for (const [labels, value] of all) {
    const before = values.get(labels);
    values.set(labels, before === undefined ? value : both(before, value));
  }
  return values;
}
