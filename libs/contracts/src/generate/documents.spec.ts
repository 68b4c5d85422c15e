import { readFile } from 'node:fs/promises';
import { Parser } from '@asyncapi/parser';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { EVENTS_BY_KIND, EVENT_SCHEMAS } from '../events/events.ts';
import { SubjectKind, parseSubject, subjects } from '../subjects.ts';
import { CHANNELS, asyncApiDocument } from './asyncapi.ts';
import { documents } from './documents.ts';
import { eventSchemas } from './json-schema.ts';

/** Of a diagnostic, as in the Language Server Protocol's order; the parser exports no name for it. */
const ERROR_SEVERITY = 0;

describe('the generated documents', () => {
  it.each([...documents().keys()])('%s: is what the schemas give (else: npm run generate)', async (name) => {
    const committed = await readFile(new URL(`../../generated/${name}`, import.meta.url), 'utf8');
    expect(committed).toBe(documents().get(name));
  });

  it('the AsyncAPI document: is valid to a real parser, without errors', async () => {
    const { diagnostics, document } = await new Parser().parse(JSON.stringify(asyncApiDocument()));
    expect(diagnostics).not.toContainEqual(expect.objectContaining({ severity: ERROR_SEVERITY }));
    expect(document?.version()).toBe('3.1.0');
    expect(document?.messages().all()).toHaveLength(Object.keys(EVENT_SCHEMAS).length);
  }, 20_000);

  it('every address template is what the subject builder builds', () => {
    const built: Record<SubjectKind, string> = {
      requests: subjects.requests('{tenant}' as never, '{agent}' as never),
      catalog: subjects.catalog('{tenant}' as never),
      approvals: subjects.approvals('{tenant}' as never, '{approver}'),
      decisions: subjects.decisions('{tenant}' as never),
      budget: subjects.budget('{tenant}' as never),
      schedule: subjects.schedule('{tenant}' as never),
      executions: subjects.executions('{tenant}' as never, '{executor}' as never),
      flows: subjects.flows('{tenant}' as never, '{run}' as never),
    };
    for (const kind of Object.values(SubjectKind)) {
      expect(CHANNELS[kind].address).toBe(built[kind]);
      expect(parseSubject(built[kind])?.kind).toBe(kind);
    }
  });

  it('every event type belongs to a kind of subject, and has a JSON Schema that compiles', () => {
    const placed = new Set(Object.values(EVENTS_BY_KIND).flatMap((types) => [...types]));
    expect([...placed].sort()).toEqual(Object.keys(EVENT_SCHEMAS).sort());
    const ajv = new Ajv({ strict: false, formats: { 'date-time': true } });
    for (const schema of Object.values(eventSchemas())) ajv.compile(schema);
  });
});
