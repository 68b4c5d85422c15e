#!/usr/bin/env node
/** `writ`: the command line of the suite. The first Ctrl-C asks to stop (a running call is cancelled), the second kills. */
import { realSurroundings } from './commands.ts';
import { runCommandLine } from './program.ts';
import { PROCESS_TERMINAL } from './terminal.ts';

const interrupt = new AbortController();
process.once('SIGINT', () => interrupt.abort(new Error('interrupted')));
process.once('SIGTERM', () => interrupt.abort(new Error('terminated')));

process.exitCode = await runCommandLine(
  process.argv.slice(2),
  realSurroundings(PROCESS_TERMINAL, interrupt.signal),
);
