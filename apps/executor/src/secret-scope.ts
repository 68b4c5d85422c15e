/**
 * One place through which every tool with secrets runs, whatever its adapter: the secrets that its spec names are
 * resolved right before the run, and nothing that comes back (output, error, progress) leaves with one of their
 * values in it. A tool without secrets is not touched.
 */
import { WritError } from '@writ/contracts';
import type { ToolSpec } from '@writ/contracts';
import { RunOutcome } from '@writ/contracts';
import { failedRun } from '@writ/execution';
import type { RunResult } from '@writ/execution';
import type { SecretStore } from './secret-store.ts';
import type { PreparedTool } from './tool-run.ts';

const REFERENCE = /secret:\/\/[A-Za-z0-9_-]{1,64}/g;

/** The tool with its secrets resolved for each run and removed from what it returns. */
export function withSecrets(spec: ToolSpec, run: PreparedTool, store: SecretStore): PreparedTool {
  const refs = new Set(JSON.stringify(spec.adapter).match(REFERENCE));
  if (refs.size === 0) return run;
  return async (call) => {
    const secrets = new Map<string, string>();
    try {
      for (const ref of refs) secrets.set(ref, await store.value(ref));
    } catch (error) {
      if (error instanceof WritError) return failedRun(error.code, error.message);
      throw error;
    }
    const clean = scrubber(secrets);
    const { progress } = call;
    try {
      const told = progress && ((note: unknown): void => progress(clean(note)));
      return cleanResult(await run({ ...call, secrets, progress: told }), clean);
    } catch (error) {
      return failedRun('adapter-failed', String(clean(String(error))));
    }
  };
}

function cleanResult(result: RunResult, clean: (value: unknown) => unknown): RunResult {
  if (result.outcome === RunOutcome.succeeded) return { ...result, output: clean(result.output) };
  const { code, message } = result.error;
  return { ...result, error: { code: String(clean(code)), message: String(clean(message)) } };
}

/** Replaces every value, also as tools commonly write them: in Base64, percent-encoded, escaped for JSON. */
function scrubber(secrets: ReadonlyMap<string, string>): (value: unknown) => unknown {
  const forms = [...secrets].flatMap(([ref, value]) =>
    [...new Set([value, base64(value), encodeURIComponent(value), JSON.stringify(value).slice(1, -1)])].map(
      (form) => ({ form, instead: `[${ref}]` }),
    ),
  );
  // A longer form may hold a shorter one.
  forms.sort((one, other) => other.form.length - one.form.length);
  const cleanText = (text: string): string =>
    forms.reduce((cleaned, { form, instead }) => cleaned.replaceAll(form, instead), text);
  const clean = (value: unknown): unknown => {
    if (typeof value === 'string') return cleanText(value);
    if (Array.isArray(value)) return value.map(clean);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [cleanText(key), clean(item)]));
  };
  return clean;
}

function base64(value: string): string {
  return Buffer.from(value).toString('base64').replace(/=+$/, '');
}
