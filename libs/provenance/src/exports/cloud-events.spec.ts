/** Events as they stand in the ledger: whatever an agent sent, an export of it is valid and complete. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { flawsBy } from '../../test/public-schemas.ts';
import { exportedEvents } from '../index.ts';

const flawOfCloudEvent = flawsBy('cloudevents-1.0');

/** Nearly always as it should be, so that a single flaw is met alone. */
function mostly(right: string, other: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.oneof({ weight: 6, arbitrary: fc.constant(right) }, { weight: 1, arbitrary: other });
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

describe('any message', () => {
  it('as it stands in the ledger: every message of an agent is a valid CloudEvent, and none is lost', () => {
    const uri = fc.oneof(
      fc.string(),
      fc.webUrl(),
      fc.constantFrom('//:x', 'a b', ':a', '1:b', 'urn:x', 'x%zz', '[', 'a#b#c'),
    );
    const value = fc.oneof(
      fc.string(),
      fc.boolean(),
      fc.integer(),
      fc.double(),
      fc.constant(null),
      fc.constant({}),
    );
    const envelope = fc.record(
      {
        specversion: mostly('1.0', fc.constant('0.3')),
        id: mostly('e1', fc.string()),
        source: mostly('urn:x', uri),
        type: mostly('tool.requested', fc.string()),
        time: fc.oneof(fc.string(), fc.constantFrom('2024-02-30T00:00:00Z', '2024-05-01T12:00:00.5+02:00')),
        dataschema: mostly('urn:x', uri),
        datacontenttype: mostly('application/json', fc.constantFrom('json', '')),
        subject: mostly('a', fc.string()),
        traceparent: value,
        data: fc.jsonValue(),
      },
      { requiredKeys: ['specversion', 'id', 'source', 'type'] },
    );
    const strange = fc.constantFrom(
      { 'Not-allowed': 'x' },
      { data_base64: 'AAAA' },
      { data_base64: '!' },
      {},
    );
    const sent = fc.tuple(envelope, strange).map(([plain, more]) => ({ ...plain, ...more }));
    const message = fc.oneof(
      fc
        .array(fc.oneof({ weight: 5, arbitrary: sent }, fc.jsonValue()), { maxLength: 5 })
        .map((events) => JSON.stringify(events)),
      sent.map((one) => JSON.stringify(one)),
      fc.string(),
    );
    fc.assert(
      fc.property(message, (text) => {
        const data = Buffer.from(text);
        const exported = exportedEvents({ seq: 7, at: 1_000, subject: 'writ.lab.requests.alpha', data });
        for (const { event } of exported) expect(flawOfCloudEvent(event)).toBeNull();
        const parsed = jsonOf(text);
        expect(exported).toHaveLength(Array.isArray(parsed) ? parsed.length : 1);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('an event of the ledger', () => {
  it('of a service: in its own envelope, with its place, told with the calls that it is about', () => {
    const event = {
      specversion: '1.0',
      id: 'e1',
      source: 'writ/policy',
      type: 'policy.decided',
      data: { invocation: 'a' },
    };
    const commit = {
      seq: 42,
      at: 0,
      subject: 'writ.lab.decisions',
      data: Buffer.from(JSON.stringify([event])),
    };
    const place = {
      subject: 'writ.lab.decisions',
      sequence: '0000000000000042',
      recordedtime: '1970-01-01T00:00:00.000Z',
    };
    expect(exportedEvents(commit)).toEqual([{ event: { ...event, ...place }, about: ['a'] }]);
  });

  it('that is none: its bytes, whole', () => {
    const data = Buffer.from([0xff, 0x00, 0x41]);
    const [only] = exportedEvents({ seq: 1, at: 0, subject: 'writ.lab.requests.alpha', data });
    expect(only?.event).toMatchObject({ type: 'ledger.raw', data_base64: data.toString('base64') });
  });
});
