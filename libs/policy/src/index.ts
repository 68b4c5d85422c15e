/** The policy core: the decider, the checks of what operators publish, and what authors of policies ask. */
export { analysePolicies } from './authoring/analysis.ts';
export { Backtest } from './authoring/backtest.ts';
export { checkPolicies, checkTool } from './check.ts';
export { policy } from './policy.ts';
export { catalogView, openApprovals, unready } from './queries.ts';
export { requestContext } from './request-context.ts';
export { isKnownCall, standingDenials, toolInputs } from './standing.ts';
export { Trial, askedCall } from './trial.ts';
export type { PolicyFinding } from './authoring/analysis.ts';
export type { BacktestReport, ShiftExample } from './authoring/backtest.ts';
export type { FieldProblem, PolicyProblem, ToolProblem } from './check.ts';
export type { Decision } from './decision.ts';
export type { AskedCall } from './living-call.ts';
export type { CatalogView, OpenApproval } from './queries.ts';
export type { RequestContext } from './request-context.ts';
export type { PolicyState } from './state.ts';
export type { ExplainedRule, TrialCatalog } from './trial.ts';
