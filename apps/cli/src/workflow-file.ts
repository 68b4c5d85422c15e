/** A workflow as a YAML or JSON file, with the places that problems point at. */
import { WritError, workflowSpec } from '@writ/contracts';
import type { WorkflowSpec } from '@writ/contracts';
import { LineCounter, isNode, parseDocument } from 'yaml';
import type { Document } from 'yaml';

export interface WorkflowFile {
  readonly workflow: WorkflowSpec;
  /** `file:line:column` of a node, or of the file. */
  placeOf(node: string | undefined): string;
}

/** @throws WritError `invalid-workflow` with every mistake at its place. */
export function readWorkflow(file: string, text: string): WorkflowFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const at = (path: readonly PropertyKey[]): string => {
    const { line, col } = lines.linePos(offsetOf(document, path));
    return `${file}:${line}:${col}`;
  };
  if (document.errors.length > 0)
    throw new WritError(
      'invalid-workflow',
      document.errors.map(({ message }) => `${file}: ${message}`).join('\n'),
    );
  const parsed = workflowSpec.safeParse(document.toJS());
  if (!parsed.success) {
    const told = parsed.error.issues.map(
      ({ path, message }) => `${at(path)}: ${path.map(String).join('.')}: ${message}`,
    );
    throw new WritError('invalid-workflow', told.join('\n'), { details: { issues: parsed.error.issues } });
  }
  const workflow = parsed.data;
  return {
    workflow,
    placeOf: (name) => {
      const index = workflow.nodes.findIndex((node) => node.name === name);
      return at(index < 0 ? [] : ['nodes', index, 'name']);
    },
  };
}

/** Of the innermost part of the path that is there. */
function offsetOf(document: Document, path: readonly PropertyKey[]): number {
  for (let length = path.length; length > 0; length--) {
    const node: unknown = document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return 0;
}
