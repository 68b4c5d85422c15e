/** The bitwise functions of the `math` extension, over 64 bits. */
import { Fault } from '../fault.ts';
import { Uint } from '../values/uint.ts';
import { noOverload } from './registry.ts';
import type { FunctionSpec } from './registry.ts';

const BITS = 64;

export const BITWISE: Readonly<Record<string, FunctionSpec>> = {
  'math.bitAnd': onTwo('math.bitAnd', (a, b) => a & b),
  'math.bitOr': onTwo('math.bitOr', (a, b) => a | b),
  'math.bitXor': onTwo('math.bitXor', (a, b) => a ^ b),
  'math.bitNot': {
    arity: [1, 1],
    signatures: ['math.bitNot(int): int', 'math.bitNot(uint): uint'],
    call: (site, value) => {
      if (typeof value === 'bigint') return ~value;
      if (value instanceof Uint) return new Uint(BigInt.asUintN(BITS, ~value.value));
      throw noOverload('math.bitNot', site, [value]);
    },
  },
  'math.bitShiftLeft': shift('math.bitShiftLeft', (value, by) => value << by),
  'math.bitShiftRight': shift('math.bitShiftRight', (value, by) => value >> by),
};

function onTwo(name: string, run: (a: bigint, b: bigint) => bigint): FunctionSpec {
  return {
    arity: [2, 2],
    signatures: [`${name}(int, int): int`, `${name}(uint, uint): uint`],
    call: (site, a, b) => {
      if (typeof a === 'bigint' && typeof b === 'bigint') return run(a, b);
      if (a instanceof Uint && b instanceof Uint) return new Uint(run(a.value, b.value));
      throw noOverload(name, site, [a, b]);
    },
  };
}

/** Shifts work on the bits as they stand, so that no sign is drawn in from the left. */
function shift(name: string, run: (bits: bigint, by: bigint) => bigint): FunctionSpec {
  return {
    arity: [2, 2],
    signatures: [`${name}(int, int): int`, `${name}(uint, int): uint`],
    call: (site, value, by) => {
      const unsigned = value instanceof Uint;
      if (typeof by !== 'bigint' || (typeof value !== 'bigint' && !unsigned))
        throw noOverload(name, site, [value, by]);
      if (by < 0n) throw new Fault(`${name}() by ${by} bits: the number of bits is not negative`, site);
      const bits = BigInt.asUintN(BITS, unsigned ? value.value : value);
      const shifted = by >= BigInt(BITS) ? 0n : BigInt.asUintN(BITS, run(bits, by));
      return unsigned ? new Uint(shifted) : BigInt.asIntN(BITS, shifted);
    },
  };
}
