/** Workflows: contracts of nodes, the gate that holds runs to them, and what planners need. */
export { feedbackOf } from './feedback.ts';
export { GATES_MODULE, GATE_TOOLS } from './gate-tools.ts';
export { gate } from './gate.ts';
export { lint } from './lint.ts';
export { BUILT_IN_TYPES, nodeTypeProblems } from './node-types.ts';
export { ruleBasedPlanner } from './planner.ts';
export { inputOver } from './progress.ts';
export { endedRunView, failuresOf, openRunView, openRuns, releasesOwed } from './run-view.ts';
export { catalogText, toolCatalog } from './tool-catalog.ts';
export { plannedTool } from './tools.ts';
export type { LintCatalog, Linted } from './lint.ts';
export type { HandedOver, NodeInput } from './progress.ts';
export type { PlanningRequest, WorkflowPlanner } from './planner.ts';
export type { NodeView, RunLine, RunView } from './run-view.ts';
export type { GateState, Release } from './state.ts';
export type { ToolCatalog, ToolEntry, TypeEntry } from './tool-catalog.ts';
export type { PlannedTool } from './tools.ts';
