/**
 * One service as a process of its own: started under a guard, watched, and started again with growing pauses when it
 * dies by itself. Killed on purpose (`kill`) it stays down until `restart`, which is what crash tests need.
 */
import { WritError } from '@writ/contracts';
import {
  Hopeless,
  LogFile,
  REPOSITORY,
  eventually,
  freePort,
  giveWay,
  inWrit,
  spawnGuarded,
} from '@writ/testkit';
import type { Ending, Guarded } from '@writ/testkit';

export interface ServiceOptions {
  readonly name: string;
  /** Absolute path of the program; it answers `/readyz` on WRIT_HTTP_PORT. */
  readonly main: string;
  readonly environment: Readonly<Record<string, string>>;
  /** 0 (an equal of the others, the default) to 19 (last). */
  readonly niceness?: number;
  readonly logFile: string;
  readonly say: (line: string) => void;
}

/**
 * A small young generation: with the default one a service of 60 MB live state was seen at 400 MB resident. It can only be
 * set when a process starts; what can be set later is in `libs/service/src/memory.ts`.
 */
const NODE_FLAGS = ['--max-semi-space-size=8'];

const READY_WITHIN_MS = 60_000;
const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 5_000;

/** A service that lived this long starts again after the first pause. */
const HEALTHY_AFTER_MS = 30_000;

export class ServiceProcess {
  readonly name: string;
  readonly #options: ServiceOptions;
  #main: string;
  /** Fixed at the first start, so that its address stays the same. */
  #port = 0;
  #process: Guarded | undefined;
  #startedAt = 0;
  #pauseMs = FIRST_PAUSE_MS;
  /** Whether its end is wanted; then nobody starts it again. */
  #mayBeDown = true;

  constructor(options: ServiceOptions) {
    this.name = options.name;
    this.#options = options;
    this.#main = options.main;
  }

  /** Base address of its health and metrics. */
  get http(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Undefined while it is down. */
  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** Resolves when `/readyz` says so. @throws WritError with the end of its log when it dies before */
  async start(): Promise<void> {
    this.#port ||= await freePort();
    this.#mayBeDown = false;
    await this.#launch();
  }

  /** SIGKILL, as a crash would; it stays down. */
  async kill(): Promise<void> {
    this.#mayBeDown = true;
    this.#process?.signal('SIGKILL');
    await this.#process?.ended;
  }

  /** Brings a killed or stopped service back, or starts another program in its place; a running one is stopped first. */
  async restart(main = this.#main): Promise<void> {
    await this.stop();
    this.#main = main;
    await this.start();
  }

  /** SIGTERM: it drains and ends. */
  async stop(): Promise<Ending | undefined> {
    this.#mayBeDown = true;
    return this.#process?.stop();
  }

  async #launch(): Promise<void> {
    const log = new LogFile(this.#options.logFile);
    const launched = await spawnGuarded(process.execPath, [...NODE_FLAGS, this.#main], {
      cwd: REPOSITORY,
      output: log.descriptor,
      env: {
        ...process.env,
        ...this.#options.environment,
        WRIT_HTTP_PORT: String(this.#port),
        // Threads that come and go leave each its own heap of the C library behind: 20 to 30 MB a service.
        MALLOC_ARENA_MAX: '1',
        NODE_COMPILE_CACHE: inWrit('compile-cache'),
      },
    });
    log.close();
    this.#process = launched;
    this.#startedAt = performance.now();
    let ending: Ending | undefined;
    void launched.ended.then((how) => {
      ending = how;
      if (this.#process === launched) this.#process = undefined;
    });
    await eventually(
      async () => {
        if (ending) throw new Hopeless(died(this.name, ending, log));
        return (await fetch(`${this.http}/readyz`)).ok;
      },
      { withinMs: READY_WITHIN_MS, what: `${this.name} is ready (see ${log.path})` },
    );
    // Only now: on a busy machine one that comes last might never start.
    if (this.#options.niceness) giveWay(launched.pid, this.#options.niceness);
    void launched.ended.then(async (how) => this.#ended(how));
  }

  /** Starts it again unless its end was wanted. */
  async #ended(how: Ending): Promise<void> {
    if (this.#mayBeDown) return;
    if (performance.now() - this.#startedAt > HEALTHY_AFTER_MS) this.#pauseMs = FIRST_PAUSE_MS;
    const pauseMs = this.#pauseMs;
    this.#pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
    this.#options.say(
      `${this.name} died (${how.signal ?? `code ${how.code}`}); it is started again in ${pauseMs} ms`,
    );
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
    if (this.#mayBeDown) return;
    try {
      await this.#launch();
      this.#options.say(`${this.name} is up again`);
    } catch {
      await this.#ended({ code: 1, signal: null });
    }
  }
}

function died(name: string, how: Ending, log: LogFile): WritError {
  return new WritError('service-died', `${name} ended while starting (${howItEnded(how)}):\n${log.end()}`);
}

function howItEnded({ code, signal }: Ending): string {
  return signal ?? `code ${code}`;
}
