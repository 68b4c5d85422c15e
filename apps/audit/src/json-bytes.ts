/** Where values of compact JSON end, walked byte by byte; nothing is checked but what tells an end. */

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;

/** Right after the closing quote of the text that begins at `at`. */
export function endOfText(bytes: Buffer, at: number): number {
  const { length } = bytes;
  for (let index = at + 1; index < length; index++) {
    const byte = bytes[index] as number;
    if (byte === QUOTE) return index + 1;
    if (byte === BACKSLASH) index += 1;
  }
  return length;
}

/** Right after the value that begins at `at`. */
export function endOfValue(bytes: Buffer, at: number): number {
  const first = bytes[at] as number;
  if (first === QUOTE) return endOfText(bytes, at);
  const { length } = bytes;
  if (first !== OPEN_BRACE && first !== OPEN_BRACKET) {
    let index = at;
    while (index < length && !isDelimiter(bytes[index] as number)) index += 1;
    return index;
  }
  let depth = 0;
  for (let index = at; index < length; index++) {
    const byte = bytes[index] as number;
    if (byte === QUOTE) index = endOfText(bytes, index) - 1;
    else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth += 1;
    else if ((byte === CLOSE_BRACE || byte === CLOSE_BRACKET) && --depth === 0) return index + 1;
  }
  return length;
}

function isDelimiter(byte: number): boolean {
  return byte === COMMA || byte === CLOSE_BRACE || byte === CLOSE_BRACKET;
}
