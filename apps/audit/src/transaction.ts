/**
 * A transaction in one message: its statements, and the rows of its COPYs right behind them. Postgres goes from one to the
 * next by itself; asked step by step, it waited at each for a process that is busy folding, for half of the time.
 */
import type { Connection, PoolClient, Submittable } from 'pg';
import type { CopyRows } from './copy-rows.ts';

/** `into`: a table and its columns. */
export interface Copy {
  readonly into: string;
  readonly rows: CopyRows;
}

/** `first` and `last`: statements before and after the rows. What fails undoes everything. */
export async function runTransaction(
  client: PoolClient,
  first: readonly string[],
  copies: readonly Copy[],
  last: readonly string[],
): Promise<void> {
  const taken = copies.filter(({ rows }) => rows.rows > 0);
  const copying = taken.map(({ into }) => `copy ${into} from stdin (format binary)`);
  const text = ['begin', ...first, ...copying, ...last, 'commit'].join(';\n');
  try {
    await new Promise<void>((resolve, reject) => {
      const settle = (error?: Error): void => (error ? reject(error) : resolve());
      client.query(
        new Message(
          text,
          taken.map(({ rows }) => rows.end()),
          settle,
        ),
      );
    });
  } catch (error) {
    await client.query('rollback').catch(() => undefined);
    throw error;
  }
}

/** What `pg` asks of a query of one's own. Rows that Postgres does not want any more, after an error, it passes over. */
class Message implements Submittable {
  /** `pg` puts its own in place of it, to end its timeout. */
  callback: (error?: Error) => void;
  readonly #text: string;
  readonly #rows: readonly Buffer[];

  constructor(text: string, rows: readonly Buffer[], settle: (error?: Error) => void) {
    this.#text = text;
    this.#rows = rows;
    this.callback = settle;
  }

  submit(connection: Connection): void {
    const { stream } = connection;
    stream.cork();
    connection.query(this.#text);
    for (const rows of this.#rows) stream.write(rows);
    stream.uncork();
  }

  handleError(error: Error): void {
    this.callback(error);
  }

  handleReadyForQuery(): void {
    this.callback();
  }

  handleCopyInResponse(): void {}

  handleCommandComplete(): void {}
}
