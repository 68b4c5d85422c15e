/**
 * Keeps the values of a label few: the first ones are told apart, all later ones are `other`. What agents and operators may
 * name without end must never become series without end.
 */
const MOST_VALUES = 100;
const REST = 'other';

export class FewValues {
  readonly #known = new Set<string>();
  readonly #most: number;

  constructor(most = MOST_VALUES) {
    this.#most = most;
  }

  of(value: string): string {
    if (this.#known.has(value)) return value;
    if (this.#known.size >= this.#most) return REST;
    this.#known.add(value);
    return value;
  }
}
