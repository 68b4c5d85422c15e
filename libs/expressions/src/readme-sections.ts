/** The generated sections of this lib's README: between `<!-- name -->` and `<!-- /name -->`. */
import { conformanceTable } from './conformance/table.ts';
import type { SuiteResult } from './conformance/run.ts';
import { functionsTable, namesTable, unitsTable } from './reference-tables.ts';

/** The README with every generated section made anew. A section without its marks is an error. */
export function withSections(readme: string, results: readonly SuiteResult[]): string {
  const sections = {
    names: namesTable(),
    units: unitsTable(),
    functions: functionsTable(),
    conformance: conformanceTable(results),
  };
  return Object.entries(sections).reduce((text, [name, section]) => {
    const [open, close] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
    const start = text.indexOf(open);
    const end = text.indexOf(close);
    if (start < 0 || end < start) throw new RangeError(`the README has no section ${open} ... ${close}`);
    const generated = `<!-- prettier-ignore-start -->\n${section}\n<!-- prettier-ignore-end -->`;
    return `${text.slice(0, start + open.length)}\n\n${generated}\n\n${text.slice(end)}`;
  }, readme);
}
