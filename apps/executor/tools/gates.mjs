/**
 * The decision tools that every executor brings: what they say is in the ledger, so a workflow's gate can hold a decision
 * to it. Both sides of a comparison must be of one kind: "10" < 9 has no answer that everybody expects.
 */
const OPERATORS = {
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
  '==': (a, b) => a === b,
  '!=': (a, b) => a !== b,
};

/** @param {{ value: number | string, operator: string, threshold: number | string, ifTrue: string, ifFalse: string }} inputs */
export function conditionalGate({ value, operator, threshold, ifTrue, ifFalse }) {
  if (typeof value !== typeof threshold) {
    throw Object.assign(
      new Error(`cannot compare the ${typeof value} ${value} with the ${typeof threshold} ${threshold}`),
      {
        code: 'not-comparable',
      },
    );
  }
  const holds = OPERATORS[operator](value, threshold);
  return { routedTo: holds ? ifTrue : ifFalse, because: `${value} ${operator} ${threshold} is ${holds}` };
}

/** @param {{ condition: boolean, ifTrue: string, ifFalse: string, reason?: string }} inputs */
export function booleanGate({ condition, ifTrue, ifFalse, reason }) {
  const said = reason === undefined ? '' : `: ${reason}`;
  return { routedTo: condition ? ifTrue : ifFalse, because: `the condition is ${condition}${said}` };
}
