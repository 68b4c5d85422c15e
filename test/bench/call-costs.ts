/**
 * What calls cost, meter by meter (CPU of a process, say): on a machine that others use, too, this says more than calls a
 * second, and it says where the time goes.
 */
import Table from 'cli-table3';

/** Each counts up for ever. */
export type Meters = Readonly<Record<string, () => number | Promise<number>>>;

export class CallCosts {
  readonly #meters: Meters;
  readonly #spent: Record<string, number> = {};
  #calls = 0;

  constructor(meters: Meters) {
    this.#meters = meters;
  }

  /** Meters what is done for so many calls, and adds it to what was metered before. */
  async of<T>(calls: number, work: () => Promise<T>): Promise<T> {
    const before = await this.#read();
    const result = await work();
    const after = await this.#read();
    for (const name of Object.keys(this.#meters))
      this.#spent[name] = (this.#spent[name] ?? 0) + (after[name] as number) - (before[name] as number);
    this.#calls += calls;
    return result;
  }

  /** For one call, by meter. */
  get each(): Readonly<Record<string, number>> {
    return Object.fromEntries(
      Object.entries(this.#spent).map(([name, spent]) => [name, spent / this.#calls]),
    );
  }

  async #read(): Promise<Record<string, number>> {
    const read = Object.entries(this.#meters).map(async ([name, meter]) => [name, await meter()] as const);
    return Object.fromEntries(await Promise.all(read));
  }
}

/** Meters downwards, what was done side by side. */
export function costTable(title: string, sides: Readonly<Record<string, CallCosts['each']>>): Table.Table {
  const names = Object.keys(Object.values(sides)[0] ?? {});
  const head = [title, ...Object.keys(sides)];
  const table = new Table({ head, colAligns: ['left', ...Object.keys(sides).map(() => 'right' as const)] });
  for (const name of names)
    table.push([name, ...Object.values(sides).map((each) => (each[name] ?? Number.NaN).toFixed(2))]);
  return table;
}
