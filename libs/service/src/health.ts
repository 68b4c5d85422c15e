/** Readiness: every part of a service says whether it is ready, and if not, why. */
import { Injectable } from '@nestjs/common';

/** `undefined` when ready, else a sentence. */
export type ReadinessCheck = () => string | undefined | Promise<string | undefined>;

@Injectable()
export class Health {
  readonly #checks = new Map<string, ReadinessCheck>();

  add(name: string, check: ReadinessCheck): void {
    this.#checks.set(name, check);
  }

  /** What keeps the service from being ready, by part; empty when it is ready. */
  async problems(): Promise<Record<string, string>> {
    const problems: Record<string, string> = {};
    for (const [name, check] of this.#checks) {
      const problem = await check();
      if (problem !== undefined) problems[name] = problem;
    }
    return problems;
  }
}
