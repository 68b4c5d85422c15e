/** The formats that are written in one pass over the records, a call at a time. */
import {
  CSV_HEADER,
  PROV_PREFIXES,
  csvLine,
  livesOf,
  openLineageEvents,
  provBundle,
  provenanceOf,
} from '@writ/provenance';
import type { ExportPage, InvocationProvenance } from '@writ/provenance';
import type { Output } from './output.ts';

export interface RecordFormat {
  begin(output: Output): Promise<void>;
  /** One call; `life` is 0 for the first of its id. Returns how many events it wrote. */
  call(output: Output, told: InvocationProvenance, life: number): Promise<number>;
  end(output: Output): Promise<void>;
}

export function csvFormat(): RecordFormat {
  return {
    begin: (output) => output.add(`${CSV_HEADER}\r\n`),
    call: async (output, told) => {
      await output.add(`${csvLine(told)}\r\n`);
      return 0;
    },
    end: async () => {},
  };
}

/** JSON, an event a line. */
export function openLineageFormat(): RecordFormat {
  return {
    begin: async () => {},
    call: async (output, told, life) => {
      const events = openLineageEvents(told, life);
      for (const event of events) await output.add(`${JSON.stringify(event)}\n`);
      return events.length;
    },
    end: async () => {},
  };
}

/** One document, a bundle a line. */
export function provFormat(): RecordFormat {
  let bundles = 0;
  return {
    begin: (output) => output.add(`{"prefix":${JSON.stringify(PROV_PREFIXES)},"bundle":{`),
    call: async (output, told, life) => {
      const [id, bundle] = provBundle(told, life);
      await output.add(`${bundles++ > 0 ? ',' : ''}\n${JSON.stringify(id)}:${JSON.stringify(bundle)}`);
      return 0;
    },
    end: (output) => output.add('\n}}\n'),
  };
}

/** Every call of a page: an id that lived twice is two calls. */
export function* callsOf({
  records,
  circumstances = [],
}: ExportPage): Generator<readonly [told: InvocationProvenance, life: number]> {
  for (const [index, record] of records.entries()) {
    for (const [nth, life] of livesOf(record).entries())
      yield [provenanceOf(life, circumstances[index]?.[nth]), record.earlierOmitted + nth];
  }
}
