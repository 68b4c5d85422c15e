import { canonicalJson, digestOf, digestOfBytes } from '@writ/contracts';
import type { PayloadInput } from '@writ/contracts';
import { beforeEach, describe, expect, it } from 'vitest';
import { LAB, ScriptedWire, completed } from '../test/scripted-wire.ts';
import { GovernedToolExecutor } from './governed-tool-executor.ts';

const LARGE = 'é'.repeat(700_000);

let wire: ScriptedWire;
let stored: Map<string, Buffer>;
let executor: GovernedToolExecutor;

beforeEach(async () => {
  stored = new Map();
  wire = new ScriptedWire();
  wire.onQuery = (subject, body) => {
    const { base64, digest, part } = body as { base64: string; digest: string; part: number };
    if (subject === 'writ.lab.api.executor.store') {
      const bytes = Buffer.from(base64, 'base64');
      const key = digestOfBytes(bytes);
      stored.set(key, bytes);
      return { digest: key };
    }
    const bytes = stored.get(digest) ?? Buffer.alloc(0);
    return {
      base64: bytes.subarray(10 * part, 10 * (part + 1)).toString('base64'),
      parts: Math.ceil(bytes.length / 10),
    };
  };
  executor = await GovernedToolExecutor.over(wire, LAB);
});

describe('a call with a large input', () => {
  it('asked: stores it first, and names it by digest beside what is small', async () => {
    const outcome = executor.run({ tool: 't', inputs: { text: LARGE, n: 1 } });
    await new Promise((resolve) => setImmediate(resolve));
    const { invocation, inputs } = wire.sent(0);
    const { $payload } = inputs['text'] as PayloadInput;
    expect(inputs['n']).toBe(1);
    expect($payload).toMatchObject({ digest: digestOf(LARGE), bytes: 1_400_002 });
    const parts = $payload.parts.map((part) => stored.get(part) ?? Buffer.alloc(0));
    expect(parts).toHaveLength(3);
    expect(Buffer.concat(parts).toString()).toBe(canonicalJson(LARGE));
    wire.notify(completed(invocation));
    expect((await outcome).status).toBe('succeeded');
  });

  it('that cannot be stored: is a typed error and nothing is asked for', async () => {
    wire.onQuery = () => ({});
    await expect(executor.run({ tool: 't', inputs: { text: LARGE } })).rejects.toMatchObject({
      code: 'query-failed',
    });
    expect(wire.messages).toHaveLength(0);
  });
});

describe('a large output', () => {
  const bytes = Buffer.from('{"points":[1,2,3,4,5,6,7]}');
  const ref = { digest: digestOfBytes(bytes), bytes: bytes.length, mediaType: 'application/json' };

  it('read by its reference: is put together from its parts', async () => {
    stored.set(ref.digest, bytes);
    expect(await executor.readOutput(ref)).toEqual({ points: [1, 2, 3, 4, 5, 6, 7] });
  });

  it('that is something else than its digest says: is refused', async () => {
    stored.set(ref.digest, Buffer.from('{"points":[]}'));
    await expect(executor.readOutput(ref)).rejects.toMatchObject({ code: 'payload-mismatch' });
  });
});
