/** The environment of what a tool starts: the variables that it lists, and its secrets; never one of our own. */
import { WritError, invariant } from '@writ/contracts';
import type { ToolRun } from './tool-run.ts';

/** Variables with which the executor itself logs in or finds secrets. */
const OURS = /^WRIT_(SECRET|NATS_|TOOL_)/;

/** @throws WritError `invalid-tool` when one of the listed names is the executor's own. */
export function passedVariables(
  names: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const passed: Record<string, string> = {};
  for (const name of names) {
    if (OURS.test(name)) {
      const hint = 'name what the tool needs as a secret: `secrets: {NAME: secret://name}`';
      throw new WritError('invalid-tool', `${name} is the executor's own and is passed to no tool; ${hint}`);
    }
    const value = environment[name];
    if (value !== undefined) passed[name] = value;
  }
  return passed;
}

/** Variable -> value of the secret that it names. */
export function secretVariables(
  secrets: Readonly<Record<string, string>>,
  run: Pick<ToolRun, 'secrets'>,
): Record<string, string> {
  return Object.fromEntries(Object.entries(secrets).map(([name, ref]) => [name, secretValue(ref, run)]));
}

/** A text with every `secret://name` in it replaced. */
export function withSecretValues(text: string, run: Pick<ToolRun, 'secrets'>): string {
  return text.replace(/secret:\/\/[A-Za-z0-9_-]{1,64}/g, (ref) => secretValue(ref, run));
}

function secretValue(ref: string, { secrets }: Pick<ToolRun, 'secrets'>): string {
  const value = secrets?.get(ref);
  invariant(value !== undefined, `${ref} is resolved before the tool runs`);
  return value;
}
