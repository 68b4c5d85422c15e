/** The tools that every tenant has without naming them: workflows decide with them, and executors bring their module. */
import { GATE_TOOLS } from '@writ/workflow';
import type { Catalog } from './catalog.ts';

/** What is published of a tenant's files; a tool of theirs stands in the place of a built-in one of its name. */
export function withBuiltInTools(catalog: Catalog): Catalog {
  const builtIn = GATE_TOOLS.map((tool) => [tool.name, tool] as const);
  return { ...catalog, tools: new Map([...builtIn, ...catalog.tools]) };
}
