/** The policy core: the decider, and the checks of what operators publish. */
export { checkPolicies, checkTool } from './check.ts';
export { policy } from './policy.ts';
export { catalogView, openApprovals } from './queries.ts';
export type { FieldProblem, PolicyProblem, ToolProblem } from './check.ts';
export type { CatalogView, OpenApproval } from './queries.ts';
export type { PolicyState } from './state.ts';
