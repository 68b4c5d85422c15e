/** What an approver sees of the arguments. */
import { describe, expect, it } from 'vitest';
import { openApprovals } from './index.ts';
import { REDACTED, redact } from './redaction.ts';
import { asks, given, holds, published, registered, rule } from '../test/scenario.ts';

const SECRET = { type: 'string', writeOnly: true };

describe('arguments with secrets', () => {
  it.each<[string, object, object, object]>([
    [
      'by their schema’s three ways to say so',
      { a: 1, b: 'x', c: 'y', d: 'z' },
      { properties: { b: SECRET, c: { format: 'password' }, d: { 'x-sensitive': true } } },
      { a: 1, b: REDACTED, c: REDACTED, d: REDACTED },
    ],
    [
      'deep in objects and lists',
      { list: [{ key: 'k', n: 1 }], pair: ['open', 'shut'] },
      {
        properties: {
          list: { items: { properties: { key: SECRET } } },
          pair: { prefixItems: [{}, SECRET] },
        },
      },
      { list: [{ key: REDACTED, n: 1 }], pair: ['open', REDACTED] },
    ],
    [
      'behind references and alternatives',
      { login: { password: 'p' }, other: { token: 't' } },
      {
        $defs: { login: { properties: { password: SECRET } } },
        properties: {
          login: { $ref: '#/$defs/login' },
          other: { anyOf: [{ properties: { token: SECRET } }, {}] },
        },
      },
      { login: { password: REDACTED }, other: { token: REDACTED } },
    ],
    [
      'of names that only match a pattern, or are not listed at all',
      { 'key-1': 'k', plain: 'p', more: 'm' },
      { properties: { plain: {} }, patternProperties: { '^key-': SECRET }, additionalProperties: SECRET },
      { 'key-1': REDACTED, plain: 'p', more: REDACTED },
    ],
    [
      'whose reference leads nowhere, or in a circle',
      { a: 'x', b: 'y' },
      {
        $defs: { loop: { $ref: '#/$defs/loop' } },
        properties: { a: { $ref: 'https://elsewhere/x' }, b: { $ref: '#/$defs/loop' } },
      },
      { a: REDACTED, b: REDACTED },
    ],
    ['that are secret as a whole', { a: 1 }, { writeOnly: true }, { [REDACTED]: true }],
  ])('%s: are blanked out', (_what, inputs, schema, shown) =>
    expect(redact(inputs as never, schema as never)).toEqual(shown),
  );

  it('without a schema: are shown', () => expect(redact({ a: 1 }, undefined)).toEqual({ a: 1 }));

  it('in the list of approvals: only what may be seen', () => {
    const lab = given(
      published(rule('ask', 'require-approval', 'true')),
      registered('log-in', { inputs: { type: 'object', properties: { password: SECRET } } }),
      asks('a', 'log-in', { user: 'ada', password: 'hunter2' }),
      holds('a'),
    );
    const { state, now } = lab.state();
    const [open] = openApprovals(state, 'acme' as never, now);
    expect(open?.inputs).toEqual({ user: 'ada', password: REDACTED });
    expect(JSON.stringify(open)).not.toContain('hunter2');
  });
});
