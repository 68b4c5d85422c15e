/**
 * Looks at a running command's processes from time to time, often at first, because most commands are short: remembers
 * the most that they used, and tells when all of them together are over a limit. The kernel's own limits hold for each
 * process alone.
 */
import { FIRST_LOOK_MS, LONGEST_LOOK_MS } from './limits.ts';
import { sampleTree } from './process-tree.ts';
import type { CommandLimits } from './sandbox-script.ts';

export type Excess = 'process-limit' | 'memory-limit' | 'cpu-limit';

export interface WatchOptions {
  readonly limits: Pick<CommandLimits, 'cpuSeconds' | 'memoryMegabytes' | 'processes'>;
  /** How many processes at the top of the tree are the launcher's. */
  readonly launchers: number;
}

const MEGABYTE = 1_024 * 1_024;

export class ChildWatch {
  readonly #pid: number | undefined;
  readonly #options: WatchOptions;
  readonly #onExcess: (excess: Excess) => void;
  #timer: NodeJS.Timeout | undefined;
  #pauseMs = FIRST_LOOK_MS;
  #cpuSeconds = 0;
  #peakBytes = 0;

  constructor(pid: number | undefined, options: WatchOptions, onExcess: (excess: Excess) => void) {
    this.#pid = pid;
    this.#options = options;
    this.#onExcess = onExcess;
    this.#wait();
  }

  /** The most that was seen. */
  get most(): { readonly cpuSeconds: number; readonly peakBytes: number } {
    return { cpuSeconds: this.#cpuSeconds, peakBytes: this.#peakBytes };
  }

  end(): void {
    clearTimeout(this.#timer);
  }

  #wait(): void {
    this.#timer = setTimeout(() => this.#look(), this.#pauseMs);
    this.#pauseMs = Math.min(this.#pauseMs * 1.5, LONGEST_LOOK_MS);
  }

  #look(): void {
    const { limits, launchers } = this.#options;
    const seen = this.#pid === undefined ? undefined : sampleTree(this.#pid, launchers);
    if (seen === undefined) return;
    this.#cpuSeconds = Math.max(this.#cpuSeconds, seen.cpuSeconds);
    this.#peakBytes = Math.max(this.#peakBytes, seen.peakBytes, seen.memoryBytes);
    if (seen.processes > limits.processes) return this.#onExcess('process-limit');
    if (seen.memoryBytes > limits.memoryMegabytes * MEGABYTE) return this.#onExcess('memory-limit');
    if (seen.cpuSeconds > limits.cpuSeconds) return this.#onExcess('cpu-limit');
    this.#wait();
  }
}
