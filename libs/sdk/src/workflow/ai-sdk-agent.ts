/**
 * The Vercel AI SDK (`ai`) as the agent of a workflow's nodes: every tool that the model calls is a governed call of the
 * attempt, and what the gate said of the last attempt is part of the prompt. `ai` is loaded only when this is used.
 */
import { WritError, messageOf } from '@writ/contracts';
import type { NodeInput, ToolCatalog, ToolEntry } from '@writ/workflow';
import type { LanguageModel, ToolSet } from 'ai';
import { sentenceOf } from '../outcome.ts';
import type { NodeTask } from './node-task.ts';
import type { Execute } from './options.ts';

export interface AiSdkAgentOptions {
  readonly model: LanguageModel;
  /** Names, descriptions and arguments of tools: `executor.workflows.tools()`. */
  readonly catalog: ToolCatalog;
  /** Put before what the node says. */
  readonly system?: string;
  /** Most generations of one attempt. */
  readonly maxSteps?: number;
}

const DEFAULT_STEPS = 20;

/** @throws WritError `missing-package` at the first node when `ai` is not installed. */
export function aiSdkAgent({ model, catalog, system, maxSteps = DEFAULT_STEPS }: AiSdkAgentOptions): Execute {
  return async (node, input, feedback) => {
    const { generateText, isStepCount, jsonSchema, tool } = await loadAi();
    const tools: ToolSet = {};
    for (const entry of toolsOf(node, catalog)) {
      tools[entry.name] = tool({
        description: entry.description,
        inputSchema: jsonSchema<Record<string, unknown>>(entry.inputs ?? { type: 'object' }),
        execute: async (inputs) => {
          const outcome = await node.call(entry.name, inputs);
          return outcome.status === 'succeeded' ? outcome.output : { [outcome.status]: sentenceOf(outcome) };
        },
      });
    }
    const { text } = await generateText({
      model,
      tools,
      instructions: [system, promiseOf(node, catalog)].filter(Boolean).join('\n\n'),
      prompt: promptOf(node, input, feedback),
      stopWhen: isStepCount(maxSteps),
      abortSignal: node.signal,
    });
    return valueOf(text);
  };
}

async function loadAi(): Promise<typeof import('ai')> {
  try {
    return await import('ai');
  } catch (cause) {
    throw new WritError('missing-package', `aiSdkAgent needs the package \`ai\`: ${messageOf(cause)}`, {
      cause,
    });
  }
}

function toolsOf({ tools }: NodeTask, catalog: ToolCatalog): readonly ToolEntry[] {
  if (tools.length === 0) return catalog.tools.filter(({ denied }) => denied === undefined);
  return catalog.tools.filter(({ name }) => tools.includes(name));
}

function promiseOf({ type }: NodeTask, { nodeTypes }: ToolCatalog): string {
  const promise = nodeTypes.find(({ name }) => name === type)?.promise;
  return promise === undefined ? '' : `You are a ${type} node of a workflow. A ${type} node ${promise}.`;
}

function promptOf({ task, name }: NodeTask, input: NodeInput, feedback: string | undefined): string {
  return [
    task ?? `Do the work of node "${name}".`,
    `Input: ${JSON.stringify(input)}`,
    ...(feedback === undefined ? [] : [`Your last attempt was rejected. ${feedback}`]),
  ].join('\n\n');
}

/** An object when the model answered with one, else its text. */
function valueOf(text: string): unknown {
  const body = /^\s*(?:```(?:json)?\s*)?(\{[\s\S]*\})\s*(?:```\s*)?$/.exec(text)?.[1];
  if (body === undefined) return text;
  try {
    return JSON.parse(body);
  } catch {
    return text;
  }
}
