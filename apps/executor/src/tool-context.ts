/** What a `module` tool gets beside its inputs: `export async function run(inputs, context) { return output; }`. */

export interface ToolContext {
  readonly invocation: string;
  /** 1 for the first grant of the invocation. */
  readonly attempt: number;
  /** The same over all attempts: pass it on, so that a repeat has no second effect. */
  readonly idempotencyKey: string;
  /** Rises with every grant; a resource that remembers the highest can refuse a caller that was replaced. */
  readonly fencingToken: number;
  /** Epoch milliseconds at which the call times out. */
  readonly deadlineMs: number;
  /** W3C trace context of this call, for the tool's own spans; absent when nothing is traced. */
  readonly traceparent?: string | undefined;
  /** The values of the secrets that the tool's spec names. */
  readonly secrets: Readonly<Record<string, string>>;
  /** Aborts when the call has timed out or was cancelled: nobody waits for its output any more. */
  readonly signal: AbortSignal;
  /**
   * States what the call used up, in whole units: `report({ 'node-hours': 1.2 })`. Amounts of several reports add up;
   * what a call that times out has reported before still counts.
   * @throws TypeError when an amount is not a finite number of at least zero.
   */
  report(amounts: Readonly<Record<string, number>>): void;
  /** Tells the agent how far the call is: any small JSON value. Not stored, may be lost. */
  progress(note: unknown): void;
}
