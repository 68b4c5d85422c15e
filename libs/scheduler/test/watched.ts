/** A call as the referee sees it from outside, and the orders of such calls. */

export interface Watched {
  readonly id: string;
  readonly tool: string;
  readonly pool: string;
  readonly arrival: number;
  readonly band: number;
  /** `tenant`, `tenant/project`, `tenant/project/campaign`. */
  readonly accounts: readonly string[];
  readonly deadlineMs: number;
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
  cleared: false,
  penalty: 0,
};

/** Least slack first, then who asked first. */
export function bySlack(a: Watched, b: Watched): number {
  return a.latestStartMs === b.latestStartMs ? a.arrival - b.arrival : a.latestStartMs - b.latestStartMs;
}

/** Calls of one tool, band and campaign together. */
export function lanesOf(calls: readonly Watched[]): Watched[][] {
  const nameOf = ({ tool, band, accounts, deadlineMs }: Watched): string =>
    `${tool} ${band} ${accounts[2]} ${deadlineMs < Infinity}`;
  return [...Map.groupBy(calls, nameOf).values()];
}
