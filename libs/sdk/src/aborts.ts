/** One listener for each abort signal, however many calls share it: ten thousand listeners on one signal are slow. */
interface Watch {
  readonly acts: Set<() => void>;
  readonly listener: () => void;
}

export class Aborts {
  readonly #watches = new Map<AbortSignal, Watch>();

  /** Calls `act` when `signal` aborts, unless the returned function was called before. */
  on(signal: AbortSignal, act: () => void): () => void {
    const { acts } = this.#watches.get(signal) ?? this.#watch(signal);
    acts.add(act);
    return () => {
      acts.delete(act);
      if (acts.size === 0) this.#forget(signal, acts);
    };
  }

  #watch(signal: AbortSignal): Watch {
    const acts = new Set<() => void>();
    const listener = (): void => {
      for (const act of acts) act();
    };
    const watch = { acts, listener };
    this.#watches.set(signal, watch);
    signal.addEventListener('abort', listener, { once: true });
    return watch;
  }

  #forget(signal: AbortSignal, acts: Set<() => void>): void {
    const watch = this.#watches.get(signal);
    if (watch?.acts !== acts) return;
    this.#watches.delete(signal);
    signal.removeEventListener('abort', watch.listener);
  }
}
