/**
 * Windows in the plainest way: the label that a wall clock shows. Two instants lie in the same hour, day or month when
 * their labels are equal; which windows lie between two instants is found by looking at the clock every quarter of an
 * hour, because there are time zones that are 45 minutes off.
 */
const QUARTER_MS = 900_000;

/** What the clock of a zone shows, by quarter of an hour. */
const CLOCKS = new Map<string, (quarter: number) => string>();
/** How much of it tells windows apart. */
const LENGTHS: Readonly<Record<string, number>> = { month: 'yyyy-mm'.length, day: 'yyyy-mm-dd'.length };
/** Between the two instants that were asked about last, by window. */
let latest = { from: NaN, to: NaN, labels: new Map<string, readonly string[]>() };

/** `2026-10`, `2026-10-25` or `2026-10-25 02 GMT+01:00`. */
export function label(per: string, timeZone: string, at: number): string {
  let clock = CLOCKS.get(timeZone);
  if (!clock) CLOCKS.set(timeZone, (clock = remembered(clockOf(timeZone))));
  return clock(Math.floor(at / QUARTER_MS)).slice(0, LENGTHS[per]);
}

/** The labels of all windows from the one of `from` on, which is left out, to the one of `to`. */
export function labelsBetween(per: string, timeZone: string, from: number, to: number): readonly string[] {
  if (latest.from !== from || latest.to !== to) latest = { from, to, labels: new Map() };
  const window = `${per} ${timeZone}`;
  let labels = latest.labels.get(window);
  if (!labels) latest.labels.set(window, (labels = walk(per, timeZone, from, to)));
  return labels;
}

function walk(per: string, timeZone: string, from: number, to: number): string[] {
  const labels: string[] = [];
  let last = label(per, timeZone, from);
  for (let at = from; ; at = Math.min(to, at + QUARTER_MS)) {
    const next = label(per, timeZone, at);
    if (next !== last) labels.push((last = next));
    if (at === to) return labels;
  }
}

function remembered(clock: (quarter: number) => string): (quarter: number) => string {
  const labels = new Map<number, string>();
  return (quarter) => {
    let text = labels.get(quarter);
    if (text === undefined) labels.set(quarter, (text = clock(quarter)));
    return text;
  };
}

function clockOf(timeZone: string): (quarter: number) => string {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    hourCycle: 'h23',
    timeZoneName: 'longOffset',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
  });
  return (quarter) => {
    const parts = Object.fromEntries(
      format.formatToParts(quarter * QUARTER_MS).map(({ type, value }) => [type, value]),
    );
    return `${parts['year']}-${parts['month']}-${parts['day']} ${parts['hour']} ${parts['timeZoneName']}`;
  };
}
