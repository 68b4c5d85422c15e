/** The `math` extension: greatest and least, rounding, and the kinds of doubles. */
import { Fault } from '../fault.ts';
import type { Site } from '../fault.ts';
import { order } from '../operators/order.ts';
import { countLength } from '../steps.ts';
import { aKind } from '../values/kind.ts';
import { Quantity } from '../values/quantity.ts';
import { Uint, int } from '../values/uint.ts';
import { noOverload } from './registry.ts';
import type { FunctionSpec } from './registry.ts';

const MAX_ARGUMENTS = 32;

export const MATH: Readonly<Record<string, FunctionSpec>> = {
  'math.greatest': extreme('math.greatest', 1),
  'math.least': extreme('math.least', -1),
  'math.ceil': onDouble('math.ceil', Math.ceil),
  'math.floor': onDouble('math.floor', Math.floor),
  'math.trunc': onDouble('math.trunc', Math.trunc),
  // Away from zero at one half, where Math.round goes up.
  'math.round': onDouble('math.round', (value) => Math.sign(value) * Math.round(Math.abs(value))),
  'math.isNaN': onDouble('math.isNaN', Number.isNaN, 'bool'),
  'math.isInf': onDouble('math.isInf', (value) => Math.abs(value) === Number.POSITIVE_INFINITY, 'bool'),
  'math.isFinite': onDouble('math.isFinite', Number.isFinite, 'bool'),
  'math.sqrt': {
    arity: [1, 1],
    signatures: ['math.sqrt(double): double', 'math.sqrt(int): double', 'math.sqrt(uint): double'],
    call: (site, value) => {
      if (!isNumber(value)) throw noOverload('math.sqrt', site, [value]);
      return Math.sqrt(Number(value instanceof Uint ? value.value : value));
    },
  },
  'math.abs': sameKind('math.abs', (value) => (value < 0n ? -value : value), Math.abs),
  'math.sign': sameKind('math.sign', (value) => (value > 0n ? 1n : value < 0n ? -1n : 0n), Math.sign),
};

/** `math.greatest(a, b, ...)` or of a list; numbers of any type, and quantities of one dimension. */
function extreme(name: string, sign: 1 | -1): FunctionSpec {
  return {
    arity: [1, MAX_ARGUMENTS],
    call: (site, ...args) => {
      const values: unknown[] = args.length === 1 && Array.isArray(args[0]) ? args[0] : args;
      if (values.length === 0) throw new Fault(`${name}() of an empty list is undefined`, site);
      countLength(values.length);
      for (const value of values) {
        if (!isNumber(value) && !(value instanceof Quantity))
          throw new Fault(`${name}() takes numbers, not ${aKind(value)}`, site);
      }
      return values.reduce((best, value) => (order(value, best, site) * sign > 0 ? value : best));
    },
  };
}

function onDouble(name: string, run: (value: number) => unknown, result = 'double'): FunctionSpec {
  return {
    arity: [1, 1],
    signatures: [`${name}(double): ${result}`],
    call: (site, value) => {
      if (typeof value !== 'number') throw noOverload(name, site, [value]);
      return run(value);
    },
  };
}

function sameKind(
  name: string,
  onInteger: (value: bigint) => bigint,
  run: (value: number) => number,
): FunctionSpec {
  return {
    arity: [1, 1],
    signatures: ['int', 'uint', 'double'].map((type) => `${name}(${type}): ${type}`),
    call: (site: Site, value) => {
      if (typeof value === 'number') return run(value);
      if (typeof value === 'bigint') return int(onInteger(value));
      if (value instanceof Uint) return new Uint(onInteger(value.value));
      throw noOverload(name, site, [value]);
    },
  };
}

function isNumber(value: unknown): boolean {
  return typeof value === 'number' || typeof value === 'bigint' || value instanceof Uint;
}
