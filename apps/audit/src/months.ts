/** The months (UTC) by which rows are kept apart: old evidence can be moved away a month at a time. */
import type { PoolClient } from 'pg';

/** Start and end of a month in epoch milliseconds. */
interface Month {
  readonly start: number;
  readonly end: number;
}

let recent: Month = { start: 0, end: 0 };

/** Start of the month in which an instant lies. Asked for each commit, and nearly always for the month of the last one. */
export function monthOf(at: number): number {
  if (at >= recent.start && at < recent.end) return recent.start;
  const date = new Date(at);
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
  recent = { start: Date.UTC(year, month), end: Date.UTC(year, month + 1) };
  return recent.start;
}

/** The months that one session with Postgres knows to have tables. */
export class MonthTables {
  readonly #known = new Set<number>();

  async ensure(client: PoolClient, months: Iterable<number>): Promise<void> {
    for (const month of months) {
      if (this.#known.has(month)) continue;
      await client.query('select audit.add_month($1)', [new Date(month).toISOString().slice(0, 10)]);
      this.#known.add(month);
    }
  }
}
