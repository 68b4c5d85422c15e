/** Pauses between retries: they double up to the longest; with jitter, so that a thousand do not come back as one. */

export class Backoff {
  readonly #firstMs: number;
  readonly #longestMs: number;
  readonly #random: () => number;
  #nextMs: number;

  /** `random` in [0, 1) takes up to half off each pause; without it none is. */
  constructor(firstMs: number, longestMs: number, random: () => number = () => 1) {
    this.#firstMs = firstMs;
    this.#longestMs = longestMs;
    this.#random = random;
    this.#nextMs = firstMs;
  }

  /** How long to wait now; at most doubles each time. */
  pauseMs(): number {
    const pause = this.#nextMs * (0.5 + this.#random() / 2);
    this.#nextMs = Math.min(2 * this.#nextMs, this.#longestMs);
    return pause;
  }

  /** It worked: begin small again. */
  reset(): void {
    this.#nextMs = this.#firstMs;
  }
}
