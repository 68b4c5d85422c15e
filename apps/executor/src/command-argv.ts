/**
 * The argument list of a `command` tool. `{args.name}` inside an argument becomes that input and `{tools}` the tools
 * folder; nothing passes through a shell, so no input can become syntax. What an input could still become is an option
 * of the program: text that starts with `-` is refused where it would begin an argument, unless `--` stands before.
 */
import { WritError } from '@writ/contracts';
import type { JsonObject } from '@writ/contracts';

const PLACEHOLDER = /\{(tools|args\.[^{}]+)\}/g;

/** @throws WritError `missing-argument`, `unsafe-argument`: what is wrong with which input. */
export function expandArguments(
  templates: readonly string[],
  inputs: JsonObject,
  toolsFolder: string,
): string[] {
  let optionsEnded = false;
  return templates.map((template) => {
    const argument = template.replace(PLACEHOLDER, (_, name: string, offset: number) => {
      if (name === 'tools') return toolsFolder;
      const input = name.slice('args.'.length);
      return inputText(
        input,
        Object.hasOwn(inputs, input) ? inputs[input] : undefined,
        offset === 0 && !optionsEnded,
      );
    });
    if (template === '--') optionsEnded = true;
    return argument;
  });
}

function inputText(name: string, value: unknown, beginsArgument: boolean): string {
  if (value === undefined || value === null) {
    throw new WritError('missing-argument', `the command needs the input "${name}", which is absent`);
  }
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  if (text.includes('\0')) {
    throw new WritError(
      'unsafe-argument',
      `the input "${name}" holds a NUL character, which no argument can`,
    );
  }
  if (beginsArgument && typeof value === 'string' && text.startsWith('-')) {
    const hint = 'the tool should pass it after "--" or as "--name={args.name}"';
    throw new WritError(
      'unsafe-argument',
      `the input "${name}" starts with "-" and would become an option; ${hint}`,
    );
  }
  return text;
}
