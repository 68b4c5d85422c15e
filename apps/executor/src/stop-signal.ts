/**
 * How a run hears that it should end. The part of `AbortSignal` that adapters use, because making a real one and
 * listening to it takes 10 us for every call, and hardly any call is ever stopped.
 */
import type { StopOrder } from '@writ/contracts';

export interface StopSignal {
  readonly aborted: boolean;
  addEventListener(type: 'abort', listener: () => void, options?: { readonly once?: boolean }): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

/** The stop of one call; listeners are called once. */
export class StopSource implements StopSignal {
  /** Why it is stopped. */
  order: StopOrder | undefined;
  #listeners: (() => void)[] = NOBODY;

  get aborted(): boolean {
    return this.order !== undefined;
  }

  /** The first order counts. */
  stop(order: StopOrder): void {
    if (this.order !== undefined) return;
    this.order = order;
    const listeners = this.#listeners;
    this.#listeners = NOBODY;
    for (const listener of listeners) listener();
  }

  addEventListener(_type: 'abort', listener: () => void): void {
    this.#listeners = [...this.#listeners, listener];
  }

  removeEventListener(_type: 'abort', listener: () => void): void {
    this.#listeners = this.#listeners.filter((one) => one !== listener);
  }
}

const NOBODY: (() => void)[] = [];

/** The same as the platform's own signal, for what takes no other. */
export function abortSignalOf(stop: StopSignal | undefined): AbortSignal | undefined {
  if (stop === undefined || stop instanceof AbortSignal) return stop;
  const controller = new AbortController();
  if (stop.aborted) controller.abort();
  else stop.addEventListener('abort', () => controller.abort(), { once: true });
  return controller.signal;
}
