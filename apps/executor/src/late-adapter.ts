/**
 * An adapter that is loaded with the first tool that needs it: what it is made of may take more memory than all the others.
 * Loading that fails fails that tool, and is tried again with the next one.
 */
import type { ToolSpec } from '@writ/contracts';
import type { PreparedTool, ToolAdapter } from './tool-run.ts';

export class LateAdapter implements ToolAdapter {
  readonly #load: () => Promise<ToolAdapter>;
  #adapter: Promise<ToolAdapter> | undefined;

  constructor(load: () => Promise<ToolAdapter>) {
    this.#load = load;
  }

  async prepare(tool: ToolSpec): Promise<PreparedTool> {
    this.#adapter ??= this.#loaded();
    return (await this.#adapter).prepare(tool);
  }

  async close(): Promise<void> {
    const adapter = await this.#adapter?.catch(() => undefined);
    await adapter?.close();
  }

  async #loaded(): Promise<ToolAdapter> {
    try {
      return await this.#load();
    } catch (error) {
      this.#adapter = undefined;
      throw error;
    }
  }
}
