/** The policy core: the decider, and the checks of what operators publish. */
export { checkPolicies, checkTool } from './check.ts';
export { policy } from './policy.ts';
export { catalogView, givenAhead, openApprovals } from './queries.ts';
export { patternProblem } from './standing-grants.ts';
export type { FieldProblem, PolicyProblem, ToolProblem } from './check.ts';
export type { Delegation } from './delegations.ts';
export type { StandingGrant } from './standing-grants.ts';
export type { ApprovalOutcome, PastApproval, Requester } from './past-approvals.ts';
export type { CatalogView, GivenAhead, OpenApproval } from './queries.ts';
export type { PolicyState } from './state.ts';
