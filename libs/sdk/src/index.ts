/** The SDK: governed tool calls for agents. */
export { ExportFormat, exportTo, exportToFile } from './exports/export-provenance.ts';
export { GovernedToolExecutor } from './governed-tool-executor.ts';
export { natsTransport } from './nats-transport.ts';
export { OutcomeError, orThrow, sentenceOf, wholeUnits } from './outcome.ts';
export { serveTool } from './serve-tool.ts';
export { agentSettings, readConnectionFile } from './settings.ts';
export { aiSdkAgent } from './workflow/ai-sdk-agent.ts';
export { Planning } from './workflow/planning.ts';
export { runWorkflow } from './workflow/run-workflow.ts';
export type { CallOptions, MapInputs, MapOptions, MapProgress, RunOptions } from './call-options.ts';
export type { ExportOptions, ExportProgress, Exported } from './exports/export-provenance.ts';
export type { ExportScope } from './exports/pages.ts';
export type { ConnectOptions, ExecutorSettings } from './governed-tool-executor.ts';
export type { LedgerTransport } from './nats-transport.ts';
export type {
  CallOutcome,
  Cancelled,
  Denied,
  Expired,
  Failed,
  Refused,
  Rejected,
  Succeeded,
  UsedAmounts,
} from './outcome.ts';
export type { NoticedFact } from './read-outcome.ts';
export type { ServeOptions, ToolWorker } from './serve-tool.ts';
export type { ToolInputs } from './request-event.ts';
export type { AgentOptions, AgentSettings, ConnectionFile, Credentials } from './settings.ts';
export type { Transport, TransportEvents } from './transport.ts';
export type { AiSdkAgentOptions } from './workflow/ai-sdk-agent.ts';
export type { RunListener, WorkflowChannel } from './workflow/channel.ts';
export type { NodeTask } from './workflow/node-task.ts';
export type { PlanOptions } from './workflow/planning.ts';
export type { Execute, WorkflowOptions, WorkflowResult } from './workflow/options.ts';
export type { WorkerContext, WorkerFunction } from './worker-call.ts';
