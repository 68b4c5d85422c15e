/** What an MCP tool returned, as one JSON value: structured content when there is some, a lone text by itself, else all parts. */
import { RunOutcome } from '@writ/contracts';
import { failedRun } from '@writ/execution';
import type { RunResult } from '@writ/execution';

interface Answer {
  readonly [field: string]: unknown;
  readonly structuredContent?: unknown;
  readonly content?: unknown;
  readonly isError?: unknown;
}

export function outputOf(name: string, answer: Answer, most: number): RunResult {
  const parts = Array.isArray(answer.content) ? (answer.content as readonly Part[]) : [];
  if (answer.isError === true) {
    const said = parts.flatMap(({ text }) => text ?? []).join('\n');
    return failedRun('tool-error', `"${name}" failed: ${said}`);
  }
  const output = answer.structuredContent ?? valueOf(parts);
  if (JSON.stringify(output ?? null).length > most) {
    return failedRun('output-too-large', `"${name}" answered with more than ${most} bytes`);
  }
  return { outcome: RunOutcome.succeeded, output };
}

interface Part {
  readonly type?: string;
  readonly text?: string;
}

function valueOf(parts: readonly Part[]): unknown {
  const [only] = parts;
  if (only === undefined) return undefined;
  if (parts.length > 1 || only.text === undefined) return parts;
  try {
    return JSON.parse(only.text) as unknown;
  } catch {
    return only.text;
  }
}
