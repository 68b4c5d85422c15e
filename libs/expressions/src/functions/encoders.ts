/** The `encoders` extension: base64 of bytes. */
import { Fault } from '../fault.ts';
import { countLength } from '../steps.ts';
import { noOverload } from './registry.ts';
import type { FunctionSpec } from './registry.ts';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

export const ENCODERS: Readonly<Record<string, FunctionSpec>> = {
  'base64.encode': {
    arity: [1, 1],
    signatures: ['base64.encode(bytes): string'],
    call: (site, bytes) => {
      if (!(bytes instanceof Uint8Array)) throw noOverload('base64.encode', site, [bytes]);
      countLength(bytes.length);
      return encode(bytes);
    },
  },
  'base64.decode': {
    arity: [1, 1],
    signatures: ['base64.decode(string): bytes'],
    call: (site, text) => {
      if (typeof text !== 'string') throw noOverload('base64.decode', site, [text]);
      countLength(text.length);
      const digits = text.replace(/={1,2}$/, '');
      if (!/^[A-Za-z0-9+/]*$/.test(digits) || digits.length % 4 === 1)
        throw new Fault('the text is no base64', site);
      return decode(digits);
    },
  },
};

function encode(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 3) {
    const group = ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
    const digits = Math.min(3, bytes.length - at) + 1;
    for (let digit = 0; digit < 4; digit++)
      text += digit < digits ? ALPHABET[(group >> (18 - 6 * digit)) & 63] : '=';
  }
  return text;
}

function decode(digits: string): Uint8Array {
  const bytes = new Uint8Array(Math.floor((digits.length * 6) / 8));
  let bits = 0;
  let held = 0;
  let at = 0;
  for (const digit of digits) {
    held = ((held << 6) | ALPHABET.indexOf(digit)) & 0xffff;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes[at++] = (held >> bits) & 255;
  }
  return bytes;
}
