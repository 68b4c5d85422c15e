/** Where a command writes. What a program reads (`--json`, results) goes to `out`, what a person is told to `err`. */
export interface Terminal {
  /** Whether a person looks at `out`: then it may be coloured. */
  readonly interactive: boolean;
  /** Where progress is drawn, when a person looks there. */
  readonly progress?: NodeJS.WritableStream | undefined;
  out(text: string): void;
  err(text: string): void;
  /** To `out` as it is; to be awaited by whoever has much to say. */
  write(text: string): Promise<void>;
}

export const PROCESS_TERMINAL: Terminal = {
  interactive: process.stdout.isTTY && !process.env['NO_COLOR'],
  out: (text) => void process.stdout.write(`${text}\n`),
  err: (text) => void process.stderr.write(`${text}\n`),
  progress: process.stderr.isTTY ? process.stderr : undefined,
  write: (text) =>
    new Promise((resolve, reject) => {
      process.stdout.write(text, (error) => (error ? reject(error) : resolve()));
    }),
};

const COLOURS = { red: 31, green: 32, yellow: 33, cyan: 36, grey: 90, bold: 1 } as const;
export type Colour = keyof typeof COLOURS;

/** Colours on a terminal, plain text everywhere else. */
export type Paint = (colour: Colour, text: string) => string;

export function painter(terminal: Pick<Terminal, 'interactive'>): Paint {
  return terminal.interactive
    ? (colour, text) => `\u001b[${COLOURS[colour]}m${text}\u001b[0m`
    : (_, text) => text;
}
