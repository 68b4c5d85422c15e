/**
 * Inputs by reference, filled in right before the tool runs. Each value is read by the digest that was decided on and
 * compared with it, and the whole is held against the tool's schema then, because policy saw only the reference.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { Backoff, WritError, digestOfBytes, messageOf, payloadInput, payloadNames } from '@writ/contracts';
import type { JsonObject, PayloadInput, ToolSpec } from '@writ/contracts';
import { compileOutputCheck } from '@writ/execution';
import type { OutputCheck } from '@writ/execution';
import { FIRST_RETRY_MS, LONGEST_RETRY_MS, MOST_ATTEMPTS } from './limits.ts';
import type { ExecutorPorts } from './ports.ts';

export interface LargeInputs {
  /** The properties that may be references. */
  readonly names: readonly string[];
  readonly check: OutputCheck;
}

type Ports = Pick<ExecutorPorts, 'largeInputs' | 'random' | 'trouble'>;

/** Undefined for a tool that takes no references, which is then not looked at. */
export function largeInputsOf({ inputs }: ToolSpec): LargeInputs | undefined {
  const names = payloadNames(inputs);
  return names.length === 0 ? undefined : { names, check: compileOutputCheck(inputs, 'input') };
}

/** @throws WritError `payload-missing`, `payload-mismatch`, `invalid-inputs`: the tool must not run. */
export async function fillIn(text: string, { names, check }: LargeInputs, ports: Ports): Promise<string> {
  const inputs = JSON.parse(text) as JsonObject;
  let filled = false;
  for (const name of names) {
    const reference = payloadInput.safeParse(inputs[name]);
    if (!reference.success) continue;
    inputs[name] = await valueOf(name, reference.data, ports);
    filled = true;
  }
  if (!filled) return text;
  const problem = check(inputs);
  if (problem === undefined) return JSON.stringify(inputs);
  throw new WritError('invalid-inputs', `the inputs break the tool's schema: ${problem}`);
}

async function valueOf(name: string, { $payload }: PayloadInput, ports: Ports): Promise<unknown> {
  const parts: Uint8Array[] = [];
  for (const part of $payload.parts) parts.push(await read(part, name, ports));
  const bytes = Buffer.concat(parts);
  if (digestOfBytes(bytes) !== $payload.digest) {
    const message = `what is stored for the input "${name}" is not what was decided on (${$payload.digest})`;
    throw new WritError('payload-mismatch', message);
  }
  return JSON.parse(bytes.toString('utf8')) as unknown;
}

async function read(
  part: PayloadInput['$payload']['digest'],
  name: string,
  { largeInputs, random, trouble }: Ports,
): Promise<Uint8Array> {
  const backoff = new Backoff(FIRST_RETRY_MS, LONGEST_RETRY_MS, random);
  for (let attempt = 1; ; attempt++) {
    try {
      const bytes = await largeInputs.read(part);
      if (bytes) return bytes;
      throw new WritError(
        'payload-missing',
        `a part of the input "${name}" is not in the payload store (${part})`,
      );
    } catch (error) {
      if (error instanceof WritError || attempt === MOST_ATTEMPTS) {
        throw error instanceof WritError ? error : new WritError('payload-missing', messageOf(error));
      }
      trouble(error, `reading the input ${name}`);
      await delay(backoff.pauseMs());
    }
  }
}
