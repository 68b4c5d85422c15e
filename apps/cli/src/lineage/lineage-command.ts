/** `writ lineage`: what led to a call and what it led to, drawn on the terminal, as a picture, or as JSON. */
import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { show, within } from '../commands.ts';
import type { GlobalOptions, Surroundings } from '../commands.ts';
import { ExitCode } from '../exit-code.ts';
import { gatherLineage } from './gather.ts';

export function addLineageCommand(
  program: Command,
  surroundings: Surroundings,
  ended: (code: ExitCode) => void,
): void {
  program
    .command('lineage <invocation>')
    .description('what led to a call and what it led to: calls, workflow nodes, approvals, outputs used')
    .option('--svg <file>', 'also as a picture')
    .action(async (id: string, _, command: Command) =>
      ended(await lineage(surroundings, id, command.optsWithGlobals())),
    );
}

async function lineage(
  surroundings: Surroundings,
  id: string,
  options: GlobalOptions & { readonly svg?: string },
): Promise<ExitCode> {
  // Only this command needs the layout of graphs.
  const [{ lineageDrawing }, { lineageSvg }] = await Promise.all([
    import('./terminal-drawing.ts'),
    import('./svg.ts'),
  ]);
  return within(surroundings, 'operator', options, async ({ transport, tenant }) => {
    const graph = await gatherLineage(transport, tenant, id);
    const { svg } = options;
    if (svg !== undefined) await writeFile(svg, lineageSvg(graph));
    show(surroundings.terminal, options, graph, (paint) => {
      const notes = [
        ...(graph.whole ? [] : [paint('yellow', 'there is more of it than can be drawn')]),
        ...(svg === undefined ? [] : [`also in ${svg}`]),
      ];
      return [lineageDrawing(graph, paint), ...notes].join('\n');
    });
    return ExitCode.ok;
  });
}
