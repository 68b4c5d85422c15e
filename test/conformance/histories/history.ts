/** Recorded ledgers as text that people can read and diff: one commit a line, with the headers that replay needs. */
import { readFile, writeFile } from 'node:fs/promises';
import { ReactionHeader } from '@writ/ledger';
import type { Ledger, LedgerCommit } from '@writ/ledger';

interface Line {
  readonly seq: number;
  readonly subject: string;
  readonly at: number;
  readonly id?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  /** The message, where it is the JSON that `JSON.stringify` writes; else it stands in `text`. */
  readonly data?: unknown;
  readonly text?: string;
}

const BURST_BYTES = 1024 * 1024;

/** Everything that a ledger holds now. */
export async function recordHistory(ledger: Ledger, file: string): Promise<void> {
  const lines: string[] = [];
  const last = await ledger.lastSequence();
  for (let from = 1; from <= last;) {
    const burst = await ledger.burst(from, BURST_BYTES);
    lines.push(...burst.map((commit) => JSON.stringify(lineOf(commit))));
    from = (burst.at(-1)?.seq ?? last) + 1;
  }
  await writeFile(file, `${lines.join('\n')}\n`);
}

export async function readHistory(file: string): Promise<LedgerCommit[]> {
  const lines = (await readFile(file, 'utf8')).trimEnd().split('\n');
  return lines.map((line) => {
    const {
      seq,
      subject,
      at,
      id,
      headers = {},
      data,
      text = JSON.stringify(data),
    } = JSON.parse(line) as Line;
    return { seq, subject, at, id, header: (name) => headers[name], data: Buffer.from(text) };
  });
}

function lineOf(commit: LedgerCommit): Line {
  const { seq, subject, at, id, data } = commit;
  const headers = Object.values(ReactionHeader).flatMap((name) => {
    const value = commit.header(name);
    return value === undefined ? [] : [[name, value] as const];
  });
  const text = Buffer.from(data).toString();
  return {
    seq,
    subject,
    at,
    id,
    ...(headers.length > 0 ? { headers: Object.fromEntries(headers) } : {}),
    ...(isPlain(text) ? { data: JSON.parse(text) as unknown } : { text }),
  };
}

/** Whether it comes out of `JSON.parse` and `JSON.stringify` byte for byte. */
function isPlain(text: string): boolean {
  try {
    return JSON.stringify(JSON.parse(text)) === text;
  } catch {
    return false;
  }
}
