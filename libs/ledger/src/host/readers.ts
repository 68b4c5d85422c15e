/** Who waits until the fold has read up to a sequence. */

export class Readers {
  #waiting: { readonly seq: number; readonly resolve: () => void }[] = [];

  /** Resolves once `seq` has been read. */
  until(seq: number): Promise<void> {
    return new Promise((resolve) => this.#waiting.push({ seq, resolve }));
  }

  /** Everything up to `seen` has been read. */
  reached(seen: number): void {
    if (this.#waiting.length === 0) return;
    const ready = this.#waiting.filter(({ seq }) => seq <= seen);
    this.#waiting = this.#waiting.filter(({ seq }) => seq > seen);
    for (const { resolve } of ready) resolve();
  }
}
