/** A set of small numbers that keeps their order and is emptied at once (Briggs and Torczon, 1993). */

export class StateSet {
  readonly #dense: Uint32Array;
  readonly #sparse: Uint32Array;
  #size = 0;

  /** Room for the numbers below `capacity`. */
  constructor(capacity: number) {
    this.#dense = new Uint32Array(capacity);
    this.#sparse = new Uint32Array(capacity);
  }

  get size(): number {
    return this.#size;
  }

  /** False when it was there already. */
  add(value: number): boolean {
    const place = this.#sparse[value] as number;
    if (place < this.#size && this.#dense[place] === value) return false;
    this.#dense[this.#size] = value;
    this.#sparse[value] = this.#size++;
    return true;
  }

  at(index: number): number {
    return this.#dense[index] as number;
  }

  clear(): void {
    this.#size = 0;
  }
}
