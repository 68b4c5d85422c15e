/**
 * Live progress: a bar for each stage on a terminal, a line for each quarter of it elsewhere. Lines and questions never
 * land inside a bar.
 */
import { Presets, SingleBar } from 'cli-progress';

/** A stage of calls that is under way. */
export interface Stage {
  /** One more call has ended. */
  tick(): void;
  end(): void;
}

export interface Progress {
  stage(title: string, calls: number): Stage;
  say(line: string): void;
  /** Nothing is drawn until the returned function is called. */
  pause(): () => void;
}

const TITLE_WIDTH = 18;
/** Lines of a stage where there is no terminal. */
const LINES = 4;

export function progressOn(stream: NodeJS.WriteStream): Progress {
  return stream.isTTY ? new Bars(stream) : new Lines(stream);
}

class Bars implements Progress {
  readonly #stream: NodeJS.WriteStream;
  #bar: SingleBar | undefined;
  #title = '';
  #done = 0;
  #calls = 0;
  #paused = false;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
  }

  stage(title: string, calls: number): Stage {
    this.#title = title;
    this.#calls = calls;
    this.#done = 0;
    this.#draw();
    return {
      tick: () => {
        this.#done += 1;
        this.#bar?.update(this.#done);
      },
      end: () => this.#clear(),
    };
  }

  say(line: string): void {
    const resume = this.pause();
    this.#stream.write(`${line}\n`);
    resume();
  }

  pause(): () => void {
    if (this.#paused || !this.#bar) return () => {};
    this.#paused = true;
    this.#clear();
    return () => {
      this.#paused = false;
      this.#draw();
    };
  }

  #draw(): void {
    if (this.#paused) return;
    const format = `  ${this.#title.padEnd(TITLE_WIDTH)} {bar} {value}/{total}`;
    this.#bar = new SingleBar(
      { stream: this.#stream, format, hideCursor: true, stopOnComplete: false },
      Presets.shades_classic,
    );
    this.#bar.start(this.#calls, this.#done);
  }

  #clear(): void {
    this.#bar?.stop();
    this.#bar = undefined;
  }
}

class Lines implements Progress {
  readonly #stream: NodeJS.WriteStream;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
  }

  stage(title: string, calls: number): Stage {
    let done = 0;
    return {
      tick: () => {
        const before = Math.floor((LINES * done) / calls);
        done += 1;
        if (Math.floor((LINES * done) / calls) > before)
          this.say(`  ${title.padEnd(TITLE_WIDTH)} ${done}/${calls}`);
      },
      end: () => {},
    };
  }

  say(line: string): void {
    this.#stream.write(`${line}\n`);
  }

  pause(): () => void {
    return () => {};
  }
}
