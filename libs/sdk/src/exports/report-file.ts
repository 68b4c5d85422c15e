/**
 * `campaign-report.json` of any length. Its summary stands before its lists but is known only after them, so the lists are
 * written into files of their own and put behind it: what is in memory does not grow with the campaign.
 */
import { mkdtemp, open, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ReportFold } from '@writ/provenance';
import type { CampaignReport, ExportPage, ReportScope } from '@writ/provenance';
import { COPY_BYTES } from '../limits.ts';
import { Output } from './output.ts';

/** In their order in the report. */
const LISTS = ['approvals', 'denials', 'breakers', 'invocations'] as const;
type List = (typeof LISTS)[number];

/** What can be said of a report without reading it again. */
export type ReportSummary = CampaignReport['summary'];

/** Writes the report of these pages. */
export async function writeReport(
  output: Output,
  pages: AsyncIterable<ExportPage>,
  scopeAt: (asOf: number) => ReportScope,
): Promise<ReportSummary> {
  const folder = await mkdtemp(join(tmpdir(), 'writ-report-'));
  const lists = new Map<List, SpooledList>();
  try {
    for (const list of LISTS) lists.set(list, await SpooledList.open(join(folder, list)));
    const fold = new ReportFold();
    // Each page is complete up to its own position; the report as a whole up to the earliest of them.
    let asOf: number | undefined;
    for await (const page of pages) {
      asOf = Math.min(asOf ?? page.asOf, page.asOf);
      for (const [index, record] of page.records.entries()) {
        const added = fold.add(record, page.circumstances?.[index]);
        for (const list of ['approvals', 'denials', 'invocations'] as const)
          for (const item of added[list]) await lists.get(list)?.add(item);
      }
      for (const event of page.breakers) {
        const told = fold.breaker(event);
        if (told) await lists.get('breakers')?.add(told);
      }
    }
    const head = fold.head(scopeAt(asOf ?? 0));
    await output.add(JSON.stringify(head, null, 2).slice(0, -'\n}'.length));
    for (const [name, list] of lists) {
      await output.add(`,\n  "${name}": [`);
      await list.copyTo(output);
      await output.add(']');
    }
    await output.add('\n}\n');
    return head.summary;
  } finally {
    for (const list of lists.values()) await list.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** The items of one list as they will stand in the report, in a file. */
class SpooledList {
  readonly #file: FileHandle;
  readonly #output: Output;
  #items = 0;

  private constructor(file: FileHandle) {
    this.#file = file;
    this.#output = new Output(async (text) => file.appendFile(text));
  }

  static async open(path: string): Promise<SpooledList> {
    return new SpooledList(await open(path, 'w+'));
  }

  add(item: object): Promise<void> {
    const text = JSON.stringify(item, null, 2).replaceAll('\n', '\n    ');
    return this.#output.add(`${this.#items++ > 0 ? ',' : ''}\n    ${text}`);
  }

  async copyTo(output: Output): Promise<void> {
    await this.#output.flush();
    const decoder = new TextDecoder();
    const buffer = Buffer.alloc(COPY_BYTES);
    for (let at = 0; ;) {
      const { bytesRead } = await this.#file.read(buffer, 0, COPY_BYTES, at);
      if (bytesRead === 0) break;
      await output.add(decoder.decode(buffer.subarray(0, bytesRead), { stream: true }));
      at += bytesRead;
    }
    if (this.#items > 0) await output.add('\n  ');
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}
