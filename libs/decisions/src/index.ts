/** The decider of the decisions subject: policy and the gate of workflows as one. */
export { gatedPolicy } from './gated-policy.ts';
export type { GatedState } from './gated-policy.ts';
