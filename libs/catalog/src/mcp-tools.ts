/**
 * The tools of an MCP server as entries of a governance file. What a server says about its own tools is a hint of
 * somebody we do not know: its annotations can raise the class that the operator gives to all of them, never lower it.
 */
import { SafetyClass, toolName } from '@writ/contracts';
import type { McpServer } from '@writ/contracts';
import { stringify } from 'yaml';

/** A tool as `tools/list` gives it, as far as it is read here. */
export interface ListedTool {
  readonly name: string;
  readonly description?: string | undefined;
  readonly inputSchema: Readonly<Record<string, unknown>>;
  readonly outputSchema?: Readonly<Record<string, unknown>> | undefined;
  readonly annotations?: ToolHints | undefined;
}

interface ToolHints {
  readonly readOnlyHint?: boolean | undefined;
  readonly destructiveHint?: boolean | undefined;
  readonly openWorldHint?: boolean | undefined;
}

export interface ImportTerms {
  readonly server: McpServer;
  /** Put before every name, so that two servers cannot offer the same tool. */
  readonly prefix: string;
  /** The least class that any of them gets. */
  readonly least: SafetyClass;
  readonly pool?: string | undefined;
}

export interface ImportedTool {
  readonly name: string;
  readonly class: SafetyClass;
  /** What the annotations alone would say. */
  readonly hinted: SafetyClass;
}

/** From what touches least to what may do harm. */
const RISING: readonly SafetyClass[] = [
  SafetyClass.readOnly,
  SafetyClass.localWrite,
  SafetyClass.network,
  SafetyClass.destructive,
];
const LONGEST_DESCRIPTION = 2_000;
const LONGEST_NAME = 64;

/** What the annotations say; MCP's own defaults (destructive, open world) hold for what they leave out. */
export function hintedClass(hints: ToolHints | undefined): SafetyClass {
  if (hints?.readOnlyHint === true)
    return hints.openWorldHint === true ? SafetyClass.network : SafetyClass.readOnly;
  if (hints?.destructiveHint !== false) return SafetyClass.destructive;
  return hints.openWorldHint === false ? SafetyClass.localWrite : SafetyClass.network;
}

/** The worse of the two. */
export function raisedClass(least: SafetyClass, hinted: SafetyClass): SafetyClass {
  return RISING.indexOf(hinted) > RISING.indexOf(least) ? hinted : least;
}

/** A governance file with one entry a tool, in the server's order, and what became of each. */
export function importTools(
  tools: readonly ListedTool[],
  terms: ImportTerms,
): { readonly yaml: string; readonly tools: readonly ImportedTool[] } {
  const imported = tools.map((tool) => entryOf(tool, terms));
  const header =
    '# Listed by an MCP server. Look at every class before you apply it: `writ apply -f <folder>`.\n';
  const yaml =
    header +
    stringify(
      { tools: imported.map(({ entry }) => entry) },
      { lineWidth: 110, aliasDuplicateObjects: false },
    );
  return { yaml, tools: imported.map(({ told }) => told) };
}

function entryOf(
  tool: ListedTool,
  { server, prefix, least, pool }: ImportTerms,
): { entry: object; told: ImportedTool } {
  const name = nameOf(prefix + tool.name);
  const hinted = hintedClass(tool.annotations);
  const safety = raisedClass(least, hinted);
  const entry = {
    name,
    ...(tool.description ? { description: tool.description.slice(0, LONGEST_DESCRIPTION) } : {}),
    class: safety,
    adapter: { kind: 'mcp', server, tool: tool.name },
    inputs: tool.inputSchema,
    ...(tool.outputSchema ? { outputs: tool.outputSchema } : {}),
    ...(pool === undefined ? {} : { pool }),
  };
  return { entry, told: { name, class: safety, hinted } };
}

/** The nearest legal name. */
function nameOf(text: string): string {
  return toolName.parse(text.replace(/[^A-Za-z0-9_-]+/g, '_').slice(0, LONGEST_NAME));
}
