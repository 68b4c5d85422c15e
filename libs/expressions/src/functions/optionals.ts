/**
 * Optional values: making them and taking them apart. `or` and `orValue` are macros, since their argument
 * waits.
 */
import { Fault } from '../fault.ts';
import { mapSize } from '../values/cel-map.ts';
import type { AnyMap } from '../values/cel-map.ts';
import { kindOf } from '../values/kind.ts';
import { Optional } from '../values/optional.ts';
import { Duration } from '../values/time.ts';
import { Uint } from '../values/uint.ts';
import { noOverload } from './registry.ts';
import type { FunctionSpec } from './registry.ts';

export const OPTIONAL_FUNCTIONS: Readonly<Record<string, FunctionSpec>> = {
  'optional.none': { arity: [0, 0], call: () => Optional.none },
  'optional.of': { arity: [1, 1], call: (_site, value) => new Optional(value) },
  'optional.ofNonZeroValue': {
    arity: [1, 1],
    signatures: ['optional.ofNonZeroValue(A): optional<A>'],
    call: (_site, value) => (isZero(value) ? Optional.none : new Optional(value)),
  },
};

export const OPTIONAL_METHODS: Readonly<Record<string, FunctionSpec>> = {
  hasValue: {
    arity: [1, 1],
    call: (site, optional) => {
      if (optional instanceof Optional) return optional.present;
      throw noOverload('hasValue', site, [optional]);
    },
  },
  value: {
    arity: [1, 1],
    call: (site, optional) => {
      if (!(optional instanceof Optional)) throw noOverload('value', site, [optional]);
      if (optional.present) return optional.value;
      throw new Fault(`${site.text}: the optional is empty`, site);
    },
  },
};

function isZero(value: unknown): boolean {
  if (value === null || value === false || value === 0 || value === 0n || value === '') return true;
  if (Array.isArray(value) || value instanceof Uint8Array) return value.length === 0;
  if (value instanceof Uint) return value.value === 0n;
  if (value instanceof Duration) return value.nanos === 0n;
  return kindOf(value) === 'map' && mapSize(value as AnyMap) === 0;
}
