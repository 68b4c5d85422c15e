/** The catalog of a tenant: from a governance folder, from its ledger, and the difference between the two. */
export { withBuiltInTools } from './built-in-tools.ts';
export { currentCatalog } from './catalog.ts';
export { ChangeKind } from './change.ts';
export { diff } from './diff.ts';
export { readFolder } from './folder.ts';
export { loadCatalog, requireCatalog } from './load.ts';
export { importTools } from './mcp-tools.ts';
export { renderProblem } from './problem.ts';
export type { Catalog, CatalogInForce } from './catalog.ts';
export type { Change, FieldChange } from './change.ts';
export type { CatalogDiff } from './diff.ts';
export type { LoadResult } from './load.ts';
export type { ImportTerms, ImportedTool, ListedTool } from './mcp-tools.ts';
export type { Problem, SourceFile } from './problem.ts';
