/** An adapter that is loaded with the first tool that needs it: what it is made of may take more memory than all the others. */
import type { ToolSpec } from '@writ/contracts';
import type { PreparedTool, ToolAdapter } from './tool-run.ts';

export class LateAdapter implements ToolAdapter {
  readonly #load: () => Promise<ToolAdapter>;
  #adapter: Promise<ToolAdapter> | undefined;

  constructor(load: () => Promise<ToolAdapter>) {
    this.#load = load;
  }

  async prepare(tool: ToolSpec): Promise<PreparedTool> {
    this.#adapter ??= this.#load();
    return (await this.#adapter).prepare(tool);
  }

  async close(): Promise<void> {
    await (await this.#adapter)?.close();
  }
}
