/**
 * Regular expressions in RE2's syntax, which CEL prescribes: no lookaround and no back-references, so that
 * matching takes linear time whatever the text is. This file turns a pattern into a tree.
 */
import { ClassReader } from './class-reader.ts';
import { ANY, ANY_BUT_NEWLINE } from './char-set.ts';
import type { CharSet } from './char-set.ts';

export type Assertion = 'text-start' | 'text-end' | 'line-start' | 'line-end' | 'word' | 'not-word';

export type Pattern =
  | { readonly kind: 'empty' }
  | { readonly kind: 'set'; readonly set: CharSet }
  | { readonly kind: 'assertion'; readonly assertion: Assertion }
  | { readonly kind: 'sequence'; readonly parts: readonly Pattern[] }
  | { readonly kind: 'choice'; readonly parts: readonly Pattern[] }
  | { readonly kind: 'repeat'; readonly part: Pattern; readonly least: number; readonly most: number };

/** RE2's own bound for counted repetition. */
const MAX_REPEAT = 1_000;

/** Deepest nesting of groups. */
const MAX_GROUPS = 100;

interface Flags {
  readonly ignoreCase: boolean;
  readonly multiLine: boolean;
  readonly dotAll: boolean;
}

/** Parses a pattern; a `Fault` says what is wrong with it. */
export function parsePattern(source: string): Pattern {
  const reader = new Reader(source);
  const pattern = reader.choice({ ignoreCase: false, multiLine: false, dotAll: false }, 0);
  if (!reader.ended) throw reader.wrong('")" has no "("');
  return pattern;
}

class Reader extends ClassReader {
  #flags: Flags = { ignoreCase: false, multiLine: false, dotAll: false };

  /** Alternatives up to `)` or the end. Flags that change inside hold until there. */
  choice(flags: Flags, depth: number): Pattern {
    if (depth > MAX_GROUPS) throw this.wrong('groups nest too deeply');
    this.#flags = flags;
    const parts: Pattern[] = [this.#sequence(depth)];
    while (this.take('|')) parts.push(this.#sequence(depth));
    return parts.length === 1 ? (parts[0] as Pattern) : { kind: 'choice', parts };
  }

  #sequence(depth: number): Pattern {
    const parts: Pattern[] = [];
    while (!this.ended && !this.sees('|') && !this.sees(')')) {
      if (this.take('\\Q')) {
        const end = this.indexOf('\\E');
        for (const character of this.takeUntil(end))
          parts.push(this.#literal(character.codePointAt(0) as number));
        this.take('\\E');
        continue;
      }
      const atom = this.#atom(depth);
      if (atom) parts.push(this.#repeated(atom));
    }
    return parts.length === 0
      ? { kind: 'empty' }
      : parts.length === 1
        ? (parts[0] as Pattern)
        : { kind: 'sequence', parts };
  }

  /** One item; nothing for a change of flags. */
  #atom(depth: number): Pattern | undefined {
    if (this.take('(')) return this.#group(depth);
    if (this.sees('[')) return { kind: 'set', set: this.bracketClass(this.#flags.ignoreCase) };
    if (this.take('.')) return { kind: 'set', set: this.#flags.dotAll ? ANY : ANY_BUT_NEWLINE };
    if (this.take('^')) return assertion(this.#flags.multiLine ? 'line-start' : 'text-start');
    if (this.take('$')) return assertion(this.#flags.multiLine ? 'line-end' : 'text-end');
    if (this.take('\\A')) return assertion('text-start');
    if (this.take('\\z')) return assertion('text-end');
    if (this.take('\\b')) return assertion('word');
    if (this.take('\\B')) return assertion('not-word');
    if (/^[*+?]/.test(this.rest)) throw this.wrong(`"${this.rest[0]}" repeats nothing`);
    const set = this.escapedClass(this.#flags.ignoreCase);
    return set ? { kind: 'set', set } : this.#literal(this.character());
  }

  #literal(code: number): Pattern {
    return { kind: 'set', set: this.single(code, this.#flags.ignoreCase) };
  }

  #group(depth: number): Pattern | undefined {
    const outer = this.#flags;
    let flags = outer;
    if (this.take('?')) {
      const name = this.takeMatch(/P?<([A-Za-z_][A-Za-z0-9_]*)>/y);
      if (name === undefined) {
        const change = this.takeMatch(/([imsU]*)(?:-([imsU]+))?([:)])/y);
        if (!change) throw this.wrong('"(?" begins no group that RE2 knows (there is no lookahead)');
        flags = changed(outer, change[1] ?? '', change[2] ?? '');
        if (change[3] === ')') {
          this.#flags = flags;
          return undefined;
        }
      }
    }
    const inner = this.choice(flags, depth + 1);
    if (!this.take(')')) throw this.wrong('")" is missing');
    this.#flags = outer;
    return inner;
  }

  #repeated(atom: Pattern): Pattern {
    const counted = this.takeMatch(/\*|\+|\?|\{(\d{1,4})(,(\d{0,4}))?\}/y);
    if (!counted) return atom;
    this.take('?'); // The lazy forms match the same texts.
    if (this.takeMatch(/[*+?]|\{\d+(,\d*)?\}/y))
      throw this.wrong('a repetition cannot be repeated; put it into a group');
    const [text, from, range, to] = counted;
    if (text === '*') return { kind: 'repeat', part: atom, least: 0, most: Number.POSITIVE_INFINITY };
    if (text === '+') return { kind: 'repeat', part: atom, least: 1, most: Number.POSITIVE_INFINITY };
    if (text === '?') return { kind: 'repeat', part: atom, least: 0, most: 1 };
    const least = Number(from);
    const most = range === undefined ? least : to ? Number(to) : Number.POSITIVE_INFINITY;
    const bounded = Number.isFinite(most) ? most : least;
    if (least > most || bounded > MAX_REPEAT)
      throw this.wrong(`"${text}" is no repetition of at most ${MAX_REPEAT}`);
    return { kind: 'repeat', part: atom, least, most };
  }
}

function assertion(kind: Assertion): Pattern {
  return { kind: 'assertion', assertion: kind };
}

function changed(flags: Flags, on: string, off: string): Flags {
  const value = (letter: string, before: boolean): boolean =>
    (on.includes(letter) || before) && !off.includes(letter);
  return {
    ignoreCase: value('i', flags.ignoreCase),
    multiLine: value('m', flags.multiLine),
    dotAll: value('s', flags.dotAll),
  };
}
