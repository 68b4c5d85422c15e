import { MockLanguageModelV4 } from 'ai/test';
import { describe, expect, it } from 'vitest';
import { MemorySuite } from '../../test/memory-suite.ts';
import { aiSdkAgent } from './ai-sdk-agent.ts';
import { runWorkflow } from './run-workflow.ts';

const USAGE = {
  inputTokens: { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0 },
  outputTokens: { total: 1, text: 1, reasoning: 0 },
};

/** One generation: text, or calls of tools. */
function generation(...content: readonly ({ text: string } | { tool: string; inputs: object })[]): object {
  const isCall = content.some((part) => 'tool' in part);
  return {
    content: content.map((part, index) =>
      'text' in part
        ? { type: 'text', text: part.text }
        : {
            type: 'tool-call',
            toolCallId: `t${index}`,
            toolName: part.tool,
            input: JSON.stringify(part.inputs),
          },
    ),
    finishReason: { unified: isCall ? 'tool-calls' : 'stop', raw: undefined },
    usage: USAGE,
    warnings: [],
  };
}

describe("a model of the AI SDK as a node's agent", () => {
  it('calls governed tools, is told what was wrong, and passes when it has learnt', async () => {
    const suite = new MemorySuite(
      { get_price: () => ({ price: 95 }), boolean_gate: () => ({ routedTo: 'buy' }) },
      [{ name: 'get_price', class: 'READ_ONLY' }],
    );
    const model = new MockLanguageModelV4({
      doGenerate: [
        generation({ text: 'Buy!' }),
        generation({ tool: 'get_price', inputs: { symbol: 'ACME' } }),
        generation({ tool: 'boolean_gate', inputs: { condition: true, ifTrue: 'buy', ifFalse: 'hold' } }),
        generation({ text: '```json\n{"why": "it is cheap"}\n```' }),
      ] as never,
    });
    const executor = await suite.connect();
    const catalog = await executor.workflows.tools();
    const result = await runWorkflow(
      {
        name: 'stock',
        nodes: [
          {
            name: 'decide',
            type: 'decision',
            task: 'buy if cheap',
            tools: ['get_price', 'boolean_gate'],
          },
          { name: 'buy' },
        ],
        edges: [{ from: 'decide', to: 'buy', when: 'buy' }],
      },
      {
        executor,
        execute: async (node, input, feedback) =>
          node.name === 'decide' ? aiSdkAgent({ model, catalog })(node, input, feedback) : 'bought',
      },
    );
    expect(result).toMatchObject({
      status: 'succeeded',
      outputs: { decide: { routedTo: 'buy', why: 'it is cheap' }, buy: 'bought' },
    });
    const prompts = model.doGenerateCalls.map(({ prompt }) => JSON.stringify(prompt));
    expect(prompts[0]).toContain('A decision node routes to exactly one path');
    expect(prompts[1]).toContain('Your last attempt was rejected.');
    expect(prompts[2]).toContain('95');
    expect(model.doGenerateCalls[0]?.tools?.map(({ name }) => name)).toEqual(['boolean_gate', 'get_price']);
    await executor.close();
  });

  it('is told why a call did not succeed', async () => {
    const suite = new MemorySuite(
      {
        get_price: () => {
          throw new Error('the market is closed');
        },
      },
      [{ name: 'get_price', class: 'READ_ONLY' }],
    );
    const model = new MockLanguageModelV4({
      doGenerate: [generation({ tool: 'get_price', inputs: {} }), generation({ text: 'closed' })] as never,
    });
    const executor = await suite.connect();
    const execute = aiSdkAgent({ model, catalog: await executor.workflows.tools() });
    const result = await runWorkflow({ name: 'one', nodes: [{ name: 'ask' }] }, { executor, execute });
    expect(result.outputs).toEqual({ ask: 'closed' });
    expect(JSON.stringify(model.doGenerateCalls[1]?.prompt)).toContain('the market is closed');
    await executor.close();
  });
});
