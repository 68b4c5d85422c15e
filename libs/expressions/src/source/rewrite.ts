/**
 * From Writ's spelling to the CEL that the parser reads: `AND OR NOT`, numbers with units, and the few forms
 * of CEL that the parser lacks (optional entries of list and map literals, quoted fields, a leading dot).
 * Works on tokens, so strings and comments are never touched, and keeps the way back to the source
 * (`RewrittenText`).
 *
 * `NOT` takes a whole comparison, as in SQL: `NOT a == b` is `!(a == b)`. `!` stays CEL's and takes one
 * operand.
 */
import { ExpressionError } from '../expression-error.ts';
import { RewrittenText } from './position-map.ts';
import { PERCENT_FUNCTION, RESERVED_PREFIX, unitLiteral } from './quantity-literal.ts';
import { refuseSlip } from './slips.ts';
import { textForParser } from './text-literals.ts';
import { TokenKind, tokens } from './tokens.ts';
import type { Token } from './tokens.ts';

/**
 * Marks an entry of a list or map literal that is left out when its optional value is absent: `[?x]`, `{?k:
 * x}`.
 */
export const OPTIONAL_ENTRY = `${RESERVED_PREFIX}optional`;

/** Marks a name with a leading dot, which means the variable even where a macro has one of the same name. */
export const ROOT_PREFIX = `${RESERVED_PREFIX}root_`;

/**
 * `has` under a name of our own: the library's macro takes only plain paths, not `has(args.files[0].name)`.
 */
export const HAS_FUNCTION = `${RESERVED_PREFIX}has`;

const QUOTED_PREFIX = `${RESERVED_PREFIX}quoted_`;

/** What is open at one level of brackets. */
interface Level {
  readonly literal: boolean;
  /** `NOT`s whose operand has not ended. */
  nots: number;
  /** Whether an optional entry waits for its closing bracket. */
  optionalEntry: boolean;
  /** Conditional expressions whose `:` has not come. */
  conditionals: number;
}

interface Rewrite {
  readonly source: string;
  readonly ownUnit: string | undefined;
  readonly tokens: readonly Token[];
  readonly out: RewrittenText;
  readonly levels: Level[];
  /** Space that is not written yet: what closes an operand goes before it, since it may end in a comment. */
  space: Token | undefined;
  /** The last token that was not space. */
  before: Token | undefined;
}

/** Rewrites a whole expression. Throws an `ExpressionError` for unknown units and for evident slips. */
export function rewrite(source: string, ownUnit?: string): RewrittenText {
  const all = tokens(source);
  const state: Rewrite = {
    source,
    ownUnit,
    tokens: all,
    out: new RewrittenText(),
    levels: [level(false)],
    before: undefined,
    space: undefined,
  };
  for (let index = 0; index < all.length;) index = rewriteToken(state, index);
  closeOperand(state);
  writeSpace(state);
  return state.out;
}

/** The field name behind a quoted one, `args.`x-y``; a plain name is itself. */
export function fieldName(name: string): string {
  if (!name.startsWith(QUOTED_PREFIX)) return name;
  return name
    .slice(QUOTED_PREFIX.length)
    .replace(/[0-9a-f]{4}/g, (code) => String.fromCharCode(parseInt(code, 16)));
}

function level(literal: boolean): Level {
  return { literal, nots: 0, optionalEntry: false, conditionals: 0 };
}

/** Writes the token at `index`; the index of the next one to look at. */
function rewriteToken(state: Rewrite, index: number): number {
  const token = state.tokens[index] as Token;
  if (token.kind === TokenKind.space) {
    state.space = token;
    return index + 1;
  }
  refuseSlip(state.source, token, state.before, state.tokens[nextIndex(state, index)]);
  const next = rewriteByKind(state, token, index);
  const last = state.tokens[next - 1] as Token;
  // A field may be called like an operator; after its dot it is an operand all the same.
  const kind = token.kind === TokenKind.word && afterDot(state) ? TokenKind.quotedWord : token.kind;
  state.before = { ...token, kind, text: state.source.slice(token.offset, last.offset + last.text.length) };
  return next;
}

function rewriteByKind(state: Rewrite, token: Token, index: number): number {
  switch (token.kind) {
    case TokenKind.text: {
      const literal = textForParser(token.text);
      if (literal === token.text) keep(state, token);
      else write(state, literal, token.offset, token.text.length);
      return index + 1;
    }
    case TokenKind.number:
      return rewriteNumber(state, token, index);
    case TokenKind.word:
      rewriteWord(state, token, index);
      return index + 1;
    case TokenKind.quotedWord:
      rewriteQuoted(state, token);
      return index + 1;
    default:
      return rewriteSign(state, token, index);
  }
}

function rewriteNumber(state: Rewrite, token: Token, index: number): number {
  const number = token.text.startsWith('.') && !endsOperand(state.before) ? `0${token.text}` : token.text;
  let at = nextIndex(state, index);
  const next = state.tokens[at];
  if (next?.kind === TokenKind.word && !/^(in|AND|OR|NOT)$/.test(next.text)) {
    const unit = unitLiteral(state.source, number, next.offset, state.ownUnit);
    write(state, unit.call, token.offset, unit.end - token.offset);
    while ((state.tokens[at]?.offset ?? unit.end) < unit.end) at++;
    return at;
  }
  if (next?.text === '%' && !startsOperand(state.tokens[nextIndex(state, at)])) {
    write(state, `${PERCENT_FUNCTION}(${number})`, token.offset, next.offset + 1 - token.offset);
    return at + 1;
  }
  if (number === token.text) keep(state, token);
  else write(state, number, token.offset, token.text.length);
  return index + 1;
}

function rewriteWord(state: Rewrite, token: Token, index: number): void {
  const { offset, text } = token;
  if (afterDot(state)) return keep(state, token);
  if (text.startsWith(RESERVED_PREFIX)) {
    const length = text.length;
    throw new ExpressionError(`"${text}" cannot be a name; names do not start with "__"`, state.source, {
      offset,
      length,
    });
  }
  if (text === 'AND' || text === 'OR') {
    closeNots(state);
    write(state, text === 'AND' ? '&&' : '||', offset, text.length);
  } else if (text === 'NOT') {
    (state.levels.at(-1) as Level).nots++;
    write(state, '!(', offset, text.length);
  } else if (text === 'has' && state.tokens[nextIndex(state, index)]?.text === '(') {
    write(state, HAS_FUNCTION, offset, text.length);
  } else keep(state, token);
}

function rewriteQuoted(state: Rewrite, token: Token): void {
  const codes = Array.from(token.text.slice(1, -1), (sign) =>
    sign.charCodeAt(0).toString(16).padStart(4, '0'),
  );
  if (!afterDot(state)) return keep(state, token);
  write(state, QUOTED_PREFIX + codes.join(''), token.offset, token.text.length);
}

function rewriteSign(state: Rewrite, token: Token, index: number): number {
  const here = state.levels.at(-1) as Level;
  switch (token.text) {
    case '(':
    case '[':
    case '{':
      state.levels.push(level(token.text !== '(' && !endsOperand(state.before)));
      keep(state, token);
      return openOptionalEntry(state, index);
    case ')':
    case ']':
    case '}':
      closeOperand(state);
      if (state.levels.length > 1) state.levels.pop();
      break;
    case ',':
      closeOperand(state);
      keep(state, token);
      return openOptionalEntry(state, index);
    case '?':
      closeNots(state);
      here.conditionals++;
      break;
    case ':':
      if (here.conditionals === 0) closeOperand(state);
      else closeNots(state);
      here.conditionals = Math.max(0, here.conditionals - 1);
      break;
    case '&&':
    case '||':
      closeNots(state);
      break;
    case '.':
      if (endsOperand(state.before) || state.tokens[nextIndex(state, index)]?.kind !== TokenKind.word) break;
      write(state, ROOT_PREFIX, token.offset, 1);
      return index + 1;
  }
  keep(state, token);
  return index + 1;
}

/** At the beginning of an entry of a literal, `?` marks it as optional. The index of the token after that. */
function openOptionalEntry(state: Rewrite, index: number): number {
  const here = state.levels.at(-1) as Level;
  const at = nextIndex(state, index);
  const next = state.tokens[at];
  if (!here.literal || next?.text !== '?') return index + 1;
  for (const between of state.tokens.slice(index + 1, at)) keep(state, between);
  here.optionalEntry = true;
  write(state, `${OPTIONAL_ENTRY}(`, next.offset, 1);
  return at + 1;
}

/** Closes what was opened for the operand that ends here: the operands of `NOT` and an optional entry. */
function closeOperand(state: Rewrite): void {
  closeNots(state);
  const here = state.levels.at(-1) as Level;
  if (!here.optionalEntry) return;
  here.optionalEntry = false;
  insert(state, ')');
}

function closeNots(state: Rewrite): void {
  const here = state.levels.at(-1) as Level;
  for (; here.nots > 0; here.nots--) insert(state, ')');
}

/** Inserts text that stands for nothing, right after the last token. */
function insert(state: Rewrite, text: string): void {
  const before = state.before;
  state.out.replace(text, before ? before.offset + before.text.length : 0, 0);
}

function keep(state: Rewrite, token: Token): void {
  writeSpace(state);
  state.out.keep(state.source, token.offset, token.text.length);
}

/** Writes text that stands for a part of the source. */
function write(state: Rewrite, text: string, offset: number, length: number): void {
  writeSpace(state);
  state.out.replace(text, offset, length);
}

function writeSpace(state: Rewrite): void {
  if (state.space) state.out.keep(state.source, state.space.offset, state.space.text.length);
  state.space = undefined;
}

/** The index of the next token that is no space. */
function nextIndex(state: Rewrite, index: number): number {
  let next = index + 1;
  while (state.tokens[next]?.kind === TokenKind.space) next++;
  return next;
}

function afterDot(state: Rewrite): boolean {
  return state.before?.text === '.' || state.before?.text === '.?';
}

/** Whether a value ends with this token, so that `[` after it is an index and a dot an access. */
function endsOperand(token: Token | undefined): boolean {
  if (!token) return false;
  if (token.kind === TokenKind.word) return !/^(in|AND|OR|NOT)$/.test(token.text);
  return token.kind !== TokenKind.sign || /^[)\]}]$/.test(token.text);
}

/** Whether a value can begin with this token, so that `%` before it is the remainder operator. */
function startsOperand(token: Token | undefined): boolean {
  if (!token) return false;
  if (token.kind === TokenKind.word) return !/^(in|AND|OR)$/.test(token.text);
  return token.kind !== TokenKind.sign || /^[([{!.-]$/.test(token.text);
}
