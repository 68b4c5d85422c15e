/** CEL's unsigned integer; a class of its own, because `bigint` is CEL's `int`. */
import { Fault } from '../fault.ts';

export const MAX_UINT = 2n ** 64n - 1n;
export const MAX_INT = 2n ** 63n - 1n;
export const MIN_INT = -(2n ** 63n);

export class Uint {
  readonly value: bigint;

  constructor(value: bigint) {
    if (value < 0n || value > MAX_UINT) throw new Fault(`${value} is out of the range of uint`);
    this.value = value;
  }
}

/** The same integer, if it is in the range of `int`. */
export function int(value: bigint): bigint {
  if (value < MIN_INT || value > MAX_INT) throw new Fault(`${value} is out of the range of int`);
  return value;
}
