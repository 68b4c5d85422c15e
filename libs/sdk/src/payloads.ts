/**
 * Values that are too large for an event: stored by the suite before the call is asked for, and fetched after it. The
 * call then carries a reference with the value's digest, which is what is decided on.
 */
import {
  MAX_INLINE_PAYLOAD_BYTES,
  MAX_PAYLOAD_BYTES,
  PAYLOAD_PART_BYTES,
  WritError,
  canonicalJson,
  digestOfBytes,
  loadReply,
  storeReply,
  subjects,
} from '@writ/contracts';
import type { PayloadInput, PayloadRef, TenantId } from '@writ/contracts';
import type { z } from 'zod';
import type { ToolInputs } from './request-event.ts';
import type { Transport } from './transport.ts';

/** Smaller values stay in the call: moving them out would not help. */
const LEAST_MOVED_BYTES = 8 * 1024;

/** The calls with their largest inputs stored and replaced by references, until what is left fits. */
export async function moveLargeInputs(
  transport: Transport,
  tenant: TenantId,
  calls: readonly ToolInputs[],
): Promise<ToolInputs[]> {
  return Promise.all(calls.map((call) => moveInputs(transport, tenant, call)));
}

/**
 * The value that a large output's reference names.
 * @throws WritError `payload-missing`, `payload-mismatch`, or what the query says.
 */
export async function loadPayload(transport: Transport, tenant: TenantId, ref: PayloadRef): Promise<unknown> {
  const subject = subjects.api(tenant, 'executor', 'load');
  const parts: Buffer[] = [];
  for (let part = 0, count = 1; part < count; part++) {
    const reply = answered(loadReply, await transport.query(subject, { digest: ref.digest, part }), subject);
    count = reply.parts;
    parts.push(Buffer.from(reply.base64, 'base64'));
  }
  const bytes = Buffer.concat(parts);
  if (digestOfBytes(bytes) === ref.digest) return JSON.parse(bytes.toString('utf8')) as unknown;
  throw new WritError('payload-mismatch', `what is stored under ${ref.digest} is something else`);
}

async function moveInputs(transport: Transport, tenant: TenantId, call: ToolInputs): Promise<ToolInputs> {
  const inputs: Record<string, unknown> = { ...call.inputs };
  let left = Buffer.byteLength(JSON.stringify(inputs));
  const sized = Object.entries(inputs).map(([name, value]) => ({ name, text: canonicalJson(value) }));
  for (const { name, text } of sized.toSorted((one, other) => other.text.length - one.text.length)) {
    if (left <= MAX_INLINE_PAYLOAD_BYTES || text.length < LEAST_MOVED_BYTES) break;
    const bytes = Buffer.from(text);
    inputs[name] = await store(transport, tenant, bytes);
    left -= bytes.length;
  }
  return { ...call, inputs };
}

async function store(transport: Transport, tenant: TenantId, bytes: Buffer): Promise<PayloadInput> {
  if (bytes.length > MAX_PAYLOAD_BYTES) {
    const message = `an input has ${bytes.length} bytes; at most ${MAX_PAYLOAD_BYTES} can be stored`;
    throw new WritError('payload-too-large', message);
  }
  const subject = subjects.api(tenant, 'executor', 'store');
  const parts: PayloadInput['$payload']['parts'] = [];
  for (let from = 0; from < bytes.length; from += PAYLOAD_PART_BYTES) {
    const base64 = bytes.subarray(from, from + PAYLOAD_PART_BYTES).toString('base64');
    parts.push(answered(storeReply, await transport.query(subject, { base64 }), subject).digest);
  }
  return { $payload: { digest: digestOfBytes(bytes), bytes: bytes.length, parts } };
}

function answered<T>(schema: z.ZodType<T>, reply: unknown, subject: string): T {
  const parsed = schema.safeParse(reply);
  if (parsed.success) return parsed.data;
  throw new WritError(
    'query-failed',
    `${subject} was answered with what is no answer: ${parsed.error.message}`,
  );
}
