/**
 * What must hold and what must be committed before a granted call runs. A call runs only over the very bytes that
 * were decided on, and nothing that can have an effect runs before `execution.started` stands in the ledger: a fence
 * that was appended first makes that commit conflict, so a lost session can start nothing (ARCHITECTURE §5).
 */
import { Effects, SafetyClass, canonicalJson, digestOfBytes, effectsOf, messageOf } from '@writ/contracts';
import type { Digest, Grant, ToolSpec } from '@writ/contracts';
import type { RunError } from './run-result.ts';

/** The arguments as the tool will get them: canonical JSON, and the digest of exactly that text. */
export interface SealedInputs {
  readonly text: string;
  readonly digest: Digest;
}

export type Admission =
  | { readonly status: 'admitted'; readonly inputs: SealedInputs }
  | { readonly status: 'refused'; readonly error: RunError; readonly digest: Digest };

/** Seals the grant's inputs and compares them with what was decided. */
export function admit(grant: Pick<Grant, 'inputs' | 'argsDigest'>): Admission {
  let text: string;
  try {
    text = canonicalJson(grant.inputs);
  } catch (thrown) {
    const message = `the inputs have no canonical JSON form (${messageOf(thrown)}), so the tool was not run`;
    return { status: 'refused', digest: grant.argsDigest, error: { code: 'invalid-inputs', message } };
  }
  const digest = digestOfBytes(text);
  if (digest === grant.argsDigest) return { status: 'admitted', inputs: { text, digest } };
  const message = `the inputs received have digest ${digest}, but ${grant.argsDigest} was decided on; the tool was not run`;
  return { status: 'refused', digest, error: { code: 'digest-mismatch', message } };
}

/**
 * Whether `execution.started` must be committed before the tool runs. Only a tool whose class is READ_ONLY, and that
 * does not itself ask for more care, may run without.
 */
export function startsFirst(tool: Pick<ToolSpec, 'class' | 'effects'>): boolean {
  return tool.class !== SafetyClass.readOnly || effectsOf(tool) !== Effects.pure;
}

/** Stable over all attempts of an invocation: what a `keyed` tool passes on so that a repeat has no second effect. */
export function idempotencyKey(grant: Pick<Grant, 'tenant' | 'invocation'>): string {
  return `${grant.tenant}/${grant.invocation}`;
}
