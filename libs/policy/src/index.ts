/** The policy core: the decider, the checks of what operators publish, and catalogs on trial. */
export { checkPolicies, checkTool } from './check.ts';
export { policy } from './policy.ts';
export { catalogView, openApprovals } from './queries.ts';
export { Trial, askedCall } from './trial.ts';
export type { FieldProblem, PolicyProblem, ToolProblem } from './check.ts';
export type { Decision } from './decision.ts';
export type { AskedCall, RequestContext } from './living-call.ts';
export type { CatalogView, OpenApproval } from './queries.ts';
export type { PolicyState } from './state.ts';
export type { ExplainedRule, TrialCatalog } from './trial.ts';
