/** What a workflow has to know of a registered tool: what it is good for and what it demands of a node that has it. */
import { SafetyClass, ToolRole, effectsOf, policyClass } from '@writ/contracts';
import type { Effects, NodeSla, ToolName, ToolSpec } from '@writ/contracts';

export interface PlannedTool {
  readonly name: ToolName;
  readonly description: string;
  readonly class: SafetyClass;
  readonly effects: Effects;
  readonly roles: readonly ToolRole[];
  readonly mustBeFinalTool: boolean;
  readonly requiresSla?: NodeSla;
  readonly patterns: readonly string[];
}

export function plannedTool(spec: ToolSpec): PlannedTool {
  const { planning } = spec;
  return {
    name: spec.name,
    description: spec.description,
    class: policyClass(spec),
    effects: effectsOf(spec),
    roles: planning?.roles ?? [policyClass(spec) === SafetyClass.readOnly ? ToolRole.data : ToolRole.action],
    mustBeFinalTool: planning?.mustBeFinalTool ?? false,
    ...(planning?.requiresSla === undefined ? {} : { requiresSla: planning.requiresSla }),
    patterns: planning?.patterns ?? [],
  };
}
