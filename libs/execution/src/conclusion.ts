/**
 * From what an adapter handed back to what the ledger will say: the output is checked against the tool's promise and
 * bounded, small ones travel inside the fact, larger ones by digest through the payload store. A tool that breaks its
 * promise has failed, whatever it returned.
 */
import {
  MAX_INLINE_PAYLOAD_BYTES,
  RunOutcome,
  canonicalJson,
  digestOfBytes,
  messageOf,
} from '@writ/contracts';
import type { Amounts, Digest, EventData, PayloadRef } from '@writ/contracts';
import { MAX_ERROR_CODE_LENGTH, MAX_ERROR_MESSAGE_LENGTH } from './limits.ts';
import type { OutputCheck, Redaction } from './output-schema.ts';
import type { RunError, RunResult } from './run-result.ts';
import { usageOf } from './usage.ts';

/** The part of `execution.completed` that the run itself decides. */
export type Ending = Pick<
  EventData<'execution.completed'>,
  'outcome' | 'output' | 'outputRef' | 'outputDigest' | 'error' | 'writes'
> & { readonly usage: Amounts };

export interface Conclusion {
  readonly ending: Ending;
  /** Most bytes that the ending's output, message and usage take inline, for the bounds of a commit. */
  readonly inlineBytes: number;
  /** What must be in the payload store before the ending may be committed. */
  readonly store?: { readonly ref: PayloadRef; readonly bytes: Uint8Array };
}

const TEXT = new TextEncoder();
const JSON_TYPE = 'application/json';
const CALLED = usageOf(undefined) as Amounts;

/**
 * What a finished run amounts to. Total: whatever a tool returns becomes a valid ending. What `redact` takes away is in
 * neither the output that is kept nor its digest.
 */
export function conclude(
  result: RunResult,
  check: OutputCheck,
  maxOutputBytes: number,
  redact?: Redaction,
): Conclusion {
  const usage = usageOf(result.reported, result.measured);
  if (usage === undefined) {
    return failure('invalid-usage', 'the tool reported usage that is no set of units and amounts', CALLED);
  }
  if (result.outcome !== RunOutcome.succeeded) return ended(result.outcome, result.error, usage);
  if (result.output === undefined) return withoutOutput(check, usage);
  let text: string;
  let problem: string | undefined;
  let output: unknown = result.output;
  try {
    problem = check(output);
    if (redact && problem === undefined) output = redact(output);
    text = canonicalJson(output);
  } catch (thrown) {
    return failure(
      'invalid-output',
      `the output is no JSON value that can be kept: ${messageOf(thrown)}`,
      usage,
    );
  }
  if (problem !== undefined)
    return failure('invalid-output', `the output breaks the tool's schema: ${problem}`, usage);
  return withOutput(output, text, usage, maxOutputBytes);
}

/** The ending of a call that failed or never ran. */
export function failure(code: string, message: string, usage: Amounts): Conclusion {
  return ended(RunOutcome.failed, { code, message }, usage);
}

function ended(outcome: RunOutcome, error: RunError, usage: Amounts): Conclusion {
  const bounded = {
    code: error.code.slice(0, MAX_ERROR_CODE_LENGTH),
    message: error.message.slice(0, MAX_ERROR_MESSAGE_LENGTH),
  };
  // Every character of a message may take six bytes as a JSON escape.
  return {
    ending: { outcome, error: bounded, usage },
    inlineBytes: 6 * bounded.message.length + usageBytes(usage),
  };
}

function withoutOutput(check: OutputCheck, usage: Amounts): Conclusion {
  const problem = check(null);
  if (problem !== undefined) return failure('invalid-output', `the tool returned nothing: ${problem}`, usage);
  return { ending: { outcome: RunOutcome.succeeded, usage }, inlineBytes: usageBytes(usage) };
}

function withOutput(output: unknown, text: string, usage: Amounts, maxOutputBytes: number): Conclusion {
  const encoded = TEXT.encode(text);
  const bytes = encoded.length;
  if (bytes > maxOutputBytes) {
    return failure(
      'output-too-large',
      `the output has ${bytes} bytes; at most ${maxOutputBytes} are kept`,
      usage,
    );
  }
  const outputDigest: Digest = digestOfBytes(encoded);
  if (bytes <= MAX_INLINE_PAYLOAD_BYTES) {
    return {
      ending: { outcome: RunOutcome.succeeded, output, outputDigest, usage },
      inlineBytes: bytes + usageBytes(usage),
    };
  }
  const ref: PayloadRef = { digest: outputDigest, bytes, mediaType: JSON_TYPE };
  return {
    ending: { outcome: RunOutcome.succeeded, outputRef: ref, outputDigest, usage },
    inlineBytes: usageBytes(usage),
    store: { ref, bytes: encoded },
  };
}

/** A unit's name has at most 32 characters, its amount 31, and six go to punctuation. */
function usageBytes(usage: Amounts): number {
  return 69 * Object.keys(usage).length;
}
