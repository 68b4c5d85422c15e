/**
 * The series of one metric: one for each combination of labels. Labels are equal when their texts are, whoever made them in
 * whatever order. The text is made each time, as the SDK does, except of labels that can never change: of those
 * (`FewLabels` freezes what it hands out) it is made once, and then the object itself is what finds the series.
 */
import type { Attributes, HrTime } from '@opentelemetry/api';
import { millisToHrTime } from '@opentelemetry/core';

export interface Series<Value> {
  readonly attributes: Attributes;
  readonly startTime: HrTime;
  value: Value;
}

/** The SDK's limit, and its labels of the last series, which takes all that comes later. */
const MOST_SERIES = 2_000;
const OVERFLOW: Attributes = Object.freeze({ 'otel.metric.overflow': true });
const NO_LABELS: Attributes = Object.freeze({});

export class SeriesByLabels<Value> {
  readonly #empty: () => Value;
  readonly #byText = new Map<string, Series<Value>>();
  readonly #byFrozen = new WeakMap<Attributes, Series<Value>>();

  /** `empty`: the value of a series that nothing was recorded in. */
  constructor(empty: () => Value) {
    this.#empty = empty;
  }

  of(labels: Attributes = NO_LABELS): Series<Value> {
    return this.#byFrozen.get(labels) ?? this.#found(labels);
  }

  all(): readonly Series<Value>[] {
    return [...this.#byText.values()];
  }

  #found(labels: Attributes): Series<Value> {
    const text = textOf(labels);
    const series = this.#byText.get(text) ?? this.#begun(labels, text);
    if (Object.isFrozen(labels)) this.#byFrozen.set(labels, series);
    return series;
  }

  #begun(labels: Attributes, text: string): Series<Value> {
    if (this.#byText.size >= MOST_SERIES - 1 && labels !== OVERFLOW) return this.of(OVERFLOW);
    const startTime = millisToHrTime(Date.now());
    const series = { attributes: { ...labels }, startTime, value: this.#empty() };
    this.#byText.set(text, series);
    return series;
  }
}

function textOf(labels: Attributes): string {
  const names = Object.keys(labels).sort();
  return JSON.stringify(names.map((name) => [name, labels[name]]));
}
