/** A call as the referee sees it from outside, and the orders of such calls. */
import { AGEING_BOUND_SECONDS } from '../src/limits.ts';

export interface Watched {
  readonly id: string;
  readonly tool: string;
  readonly pool: string;
  readonly arrival: number;
  readonly band: number;
  /** `tenant`, `tenant/project`, `tenant/project/campaign`. */
  readonly accounts: readonly string[];
  readonly deadlineMs: number;
  /** It is to run although it is late. */
  readonly late: boolean;
  readonly key: string | undefined;
  readonly reads: boolean;
  readonly once: boolean;
  readonly step: Watched[];
  waves: string[][] | undefined;
  /** Of a step planned as a graph: what it waits for. */
  after: string[] | undefined;
  allowed: boolean;
  reserved: boolean;
  ended: string | undefined;
  attempts: number;
  holder: string | undefined;
  started: boolean;
  indeterminate: boolean;
  /** When it became ready last, in seconds, and how many keyed calls had been ready before it at first. */
  readyAt: number | undefined;
  ticket: number | undefined;
  latestStartMs: number;
  hopelessMs: number;
  cleared: boolean;
  penalty: number;
}

export const NEW_CALL = {
  waves: undefined,
  after: undefined,
  allowed: false,
  reserved: false,
  ended: undefined,
  attempts: 0,
  holder: undefined,
  started: false,
  indeterminate: false,
  readyAt: undefined,
  ticket: undefined,
  latestStartMs: Infinity,
  hopelessMs: Infinity,
  cleared: false,
  penalty: 0,
};

/** Least slack first, then who asked first. */
export function bySlack(a: Watched, b: Watched): number {
  return a.latestStartMs === b.latestStartMs ? a.arrival - b.arrival : a.latestStartMs - b.latestStartMs;
}

/** Whether a call whose turn it is can still give way to one with less slack: half of its slack, at most ten minutes. */
export function canYield({ latestStartMs, readyAt = 0 }: Watched, now: number): boolean {
  const readyMs = readyAt * 1_000;
  const slackMs = Math.max(0, latestStartMs - readyMs);
  return now < readyMs + Math.min(AGEING_BOUND_SECONDS * 1_000, slackMs / 2);
}

/** Calls of one tool, band and campaign together. */
export function lanesOf(calls: readonly Watched[]): Watched[][] {
  const nameOf = ({ tool, band, accounts, latestStartMs }: Watched): string =>
    `${tool} ${band} ${accounts[2]} ${latestStartMs < Infinity}`;
  return [...Map.groupBy(calls, nameOf).values()];
}
