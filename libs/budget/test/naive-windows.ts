/**
 * Windows in the plainest way: the label that a wall clock shows. Two instants lie in the same hour, day or month when
 * their labels are equal; which windows lie between two instants is found by looking at the clock every quarter of an
 * hour, because there are time zones that are 45 minutes off.
 */
const QUARTER_MS = 900_000;

const CLOCKS = new Map<string, (at: number) => string>();
let latest: { readonly asked: string; readonly labels: readonly string[] } = { asked: '', labels: [] };

/** `2026-10`, `2026-10-25` or `2026-10-25 02 GMT+01:00`. */
export function label(per: string, timeZone: string, at: number): string {
  const name = `${per} ${timeZone}`;
  let clock = CLOCKS.get(name);
  if (!clock) CLOCKS.set(name, (clock = remembered(clockOf(per, timeZone))));
  return clock(Math.floor(at / QUARTER_MS) * QUARTER_MS);
}

/** The labels of all windows from the one of `from` on, which is left out, to the one of `to`. */
export function labelsBetween(per: string, timeZone: string, from: number, to: number): readonly string[] {
  const asked = `${per} ${timeZone} ${from} ${to}`;
  if (latest.asked === asked) return latest.labels;
  const labels: string[] = [];
  let last = label(per, timeZone, from);
  for (let at = from; ; at = Math.min(to, at + QUARTER_MS)) {
    const next = label(per, timeZone, at);
    if (next !== last) labels.push((last = next));
    if (at === to) break;
  }
  latest = { asked, labels };
  return labels;
}

function remembered(clock: (at: number) => string): (at: number) => string {
  const labels = new Map<number, string>();
  return (at) => {
    let text = labels.get(at);
    if (text === undefined) labels.set(at, (text = clock(at)));
    return text;
  };
}

function clockOf(per: string, timeZone: string): (at: number) => string {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    hourCycle: 'h23',
    timeZoneName: 'longOffset',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
  });
  return (at) => {
    const parts = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]));
    const month = `${parts['year']}-${parts['month']}`;
    if (per === 'month') return month;
    const day = `${month}-${parts['day']}`;
    return per === 'day' ? day : `${day} ${parts['hour']} ${parts['timeZoneName']}`;
  };
}
