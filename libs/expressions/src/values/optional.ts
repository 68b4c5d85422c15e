/** A value that may be absent: what `a.?b`, `a[?b]` and `optional.of(x)` give. */

export class Optional {
  static readonly none = new Optional(undefined);
  readonly value: unknown;

  /** `undefined` is no value of the language: it stands for absence here. */
  constructor(value: unknown) {
    this.value = value;
  }

  get present(): boolean {
    return this.value !== undefined;
  }
}
