/**
 * A workflow beside the campaign: a decision that has to be made with a gate tool, and one of two branches. The agent is
 * scripted to learn as a model does: it answers with text, then it only looks at the price, then it decides as told. Run
 * it while `npm start` runs: `node --conditions=@writ/source apps/screening/src/stock-decision.ts [symbol]`.
 */
import { WritError, messageOf } from '@writ/contracts';
import type { WorkflowSpecInput } from '@writ/contracts';
import { GovernedToolExecutor, orThrow, runWorkflow } from '@writ/sdk';
import type { Execute, NodeTask, WorkflowOptions, WorkflowResult } from '@writ/sdk';

const PRICE = 'get_current_stock_price';
const GATE = 'conditional_gate';
const ORDER = 'place_stock_order';
const MOST_USD = 100;

export const STOCK_DECISION: WorkflowSpecInput = {
  name: 'stock-decision',
  nodes: [
    {
      name: 'decide',
      type: 'decision',
      task: `buy the share when its price is below ${MOST_USD} USD`,
      tools: [PRICE, GATE],
      sla: { toolUsageRequired: true, requiredFinalTool: GATE, minToolCalls: 1 },
    },
    { name: 'buy', type: 'executor', task: 'buy 10 shares', tools: [ORDER] },
    { name: 'hold', task: 'say why nothing is bought' },
  ],
  edges: [
    { from: 'decide', to: 'buy', when: 'buy' },
    { from: 'decide', to: 'hold', when: 'hold' },
  ],
};

/** Which node was worked on, with what it was told about its last attempt. */
export type Told = (node: NodeTask, feedback: string | undefined) => void;

export function decideOnStock(
  executor: GovernedToolExecutor,
  symbol: string,
  told: Told,
  options: Pick<WorkflowOptions, 'run' | 'onFact'> = {},
): Promise<WorkflowResult> {
  return runWorkflow(STOCK_DECISION, {
    executor,
    execute: scripted(symbol, told),
    input: { symbol },
    ...options,
  });
}

function scripted(symbol: string, told: Told): Execute {
  return async (node, _input, feedback) => {
    told(node, feedback);
    if (node.name === 'buy') return void orThrow(await node.call(ORDER, { symbol, shares: 10 }));
    if (node.name === 'hold') return `${symbol} is too dear`;
    if (node.attempt === 1) return `${symbol} looks cheap, buy it`;
    const { price } = orThrow(await node.call(PRICE, { symbol })).output as { readonly price: number };
    if (node.attempt === 2) return { routedTo: 'buy', price };
    const question = { value: price, operator: '<', threshold: MOST_USD, ifTrue: 'buy', ifFalse: 'hold' };
    orThrow(await node.call(GATE, question));
    return undefined;
  };
}

async function main(symbol: string): Promise<void> {
  const executor = await GovernedToolExecutor.connect({ project: 'drug-discovery' });
  try {
    const result = await decideOnStock(executor, symbol, ({ name, attempt }, feedback) => {
      console.log(`${name}, attempt ${attempt}${feedback === undefined ? '' : `\n  told: ${feedback}`}`);
    });
    console.log(
      `run ${result.run} ${result.status}: ${symbol} -> ${result.routes['decide'] ?? 'no decision'}`,
    );
    process.exitCode = result.status === 'succeeded' ? 0 : 1;
  } finally {
    await executor.close();
  }
}

if (import.meta.main) {
  main(process.argv[2] ?? 'ACME').catch((error: unknown) => {
    console.error(error instanceof WritError ? error.message : messageOf(error));
    process.exitCode = 2;
  });
}
