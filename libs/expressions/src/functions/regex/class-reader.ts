/** Reads the smallest parts of a pattern: characters, their escapes, and classes in and out of brackets. */
import { Fault } from '../../fault.ts';
import { PERL_CLASSES, POSIX_CLASSES, complement, foldCase } from './char-set.ts';
import type { CharSet } from './char-set.ts';

const CONTROL: Readonly<Record<string, number>> = { a: 7, f: 12, t: 9, n: 10, r: 13, v: 11 };

export class ClassReader {
  readonly #source: string;
  #at = 0;

  constructor(source: string) {
    this.#source = source;
  }

  get ended(): boolean {
    return this.#at >= this.#source.length;
  }

  get rest(): string {
    return this.#source.slice(this.#at);
  }

  sees(text: string): boolean {
    return this.#source.startsWith(text, this.#at);
  }

  take(text: string): boolean {
    if (!this.sees(text)) return false;
    this.#at += text.length;
    return true;
  }

  /** Takes what a sticky expression matches here. */
  takeMatch(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#source);
    if (match) this.#at += match[0].length;
    return match ?? undefined;
  }

  /** Where `text` stands next; the end if nowhere. */
  indexOf(text: string): number {
    const found = this.#source.indexOf(text, this.#at);
    return found < 0 ? this.#source.length : found;
  }

  takeUntil(end: number): string {
    const text = this.#source.slice(this.#at, end);
    this.#at = end;
    return text;
  }

  wrong(what: string): Fault {
    return new Fault(`"${this.#source}" is no regular expression of RE2: ${what}`);
  }

  single(code: number, ignoreCase: boolean): CharSet {
    return { ranges: ignoreCase ? foldCase([[code, code]]) : [[code, code]], classes: [], negated: false };
  }

  /** One character, escaped or not. */
  character(): number {
    if (this.ended) throw this.wrong('it ends too early');
    if (!this.take('\\')) {
      const code = this.#source.codePointAt(this.#at) as number;
      this.#at += code > 0xffff ? 2 : 1;
      return code;
    }
    const hex = this.takeMatch(/x(?:([0-9a-fA-F]{2})|\{([0-9a-fA-F]{1,6})\})/y);
    if (hex) return parseInt(hex[1] ?? (hex[2] as string), 16);
    const octal = this.takeMatch(/0[0-7]{0,2}|[1-7][0-7]{1,2}/y);
    if (octal) return parseInt(octal[0], 8);
    const control = this.takeMatch(/[aftnrv]/y);
    if (control) return CONTROL[control[0]] as number;
    const sign = this.takeMatch(/[^A-Za-z0-9]/uy);
    if (sign) return sign[0].codePointAt(0) as number;
    throw this.wrong(`"\\${this.rest[0] ?? ''}" is no escape`);
  }

  /** `\d`, `\pL` and such, if one stands here. */
  escapedClass(ignoreCase: boolean): CharSet | undefined {
    const perl = this.takeMatch(/\\([dwsDWS])/y);
    if (perl) {
      const letter = perl[1] as string;
      const ranges = PERL_CLASSES[letter.toLowerCase()] as CharSet['ranges'];
      return { ranges, classes: [], negated: letter !== letter.toLowerCase() };
    }
    const unicode = this.takeMatch(/\\([pP])(?:([A-Z])|\{(\^?)([A-Za-z_]+)\})/y);
    if (!unicode) return undefined;
    const negated = (unicode[1] === 'P') !== (unicode[3] === '^');
    return {
      ranges: [],
      classes: [this.#unicodeClass(unicode[2] ?? (unicode[4] as string), ignoreCase)],
      negated,
    };
  }

  #unicodeClass(name: string, ignoreCase: boolean): RegExp {
    const flags = ignoreCase ? 'iu' : 'u';
    for (const property of [`\\p{${name}}`, `\\p{Script=${name}}`]) {
      try {
        return new RegExp(`^${property}$`, flags);
      } catch {
        // Not a general category: it may be a script.
      }
    }
    throw this.wrong(`"${name}" is no class of Unicode`);
  }

  /** A class in brackets; the reader stands at `[`. */
  bracketClass(ignoreCase: boolean): CharSet {
    this.take('[');
    const negated = this.take('^');
    const ranges: (readonly [number, number])[] = [];
    const classes: RegExp[] = [];
    for (let first = true; first || !this.sees(']'); first = false) {
      if (this.ended) throw this.wrong('"]" is missing');
      const posix = this.takeMatch(/\[:(\^?)([a-z]+):\]/y);
      const inner = posix
        ? this.#posixClass(posix[2] as string, posix[1] === '^')
        : this.escapedClass(ignoreCase);
      if (!inner) ranges.push(this.#range());
      else if (inner.classes.length === 0)
        ranges.push(...(inner.negated ? complement(inner.ranges) : inner.ranges));
      else classes.push(...(inner.negated ? inner.classes.map(inverse) : inner.classes));
    }
    this.take(']');
    return { ranges: ignoreCase ? foldCase(ranges) : ranges, classes, negated };
  }

  #posixClass(name: string, negated: boolean): CharSet {
    const ranges = Object.hasOwn(POSIX_CLASSES, name) ? POSIX_CLASSES[name] : undefined;
    if (!ranges) throw this.wrong(`"[:${name}:]" is no class`);
    return { ranges, classes: [], negated };
  }

  #range(): readonly [number, number] {
    const low = this.character();
    if (!this.sees('-') || this.sees('-]')) return [low, low];
    this.take('-');
    const high = this.character();
    if (high < low) throw this.wrong('a range goes from low to high');
    return [low, high];
  }
}

function inverse(one: RegExp): RegExp {
  return new RegExp(one.source.replace('\\p', '\\P'), one.flags);
}
