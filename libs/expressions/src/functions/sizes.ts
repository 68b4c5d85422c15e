/** `size`, of everything that has one. Text counts code points, not UTF-16 units. */
import { mapSize } from '../values/cel-map.ts';
import type { AnyMap } from '../values/cel-map.ts';
import { countLength } from '../steps.ts';
import { kindOf } from '../values/kind.ts';
import { codePoints } from './code-points.ts';
import { noOverload } from './registry.ts';
import type { FunctionSpec } from './registry.ts';

export const SIZES: Readonly<Record<string, FunctionSpec>> = {
  size: {
    arity: [1, 1],
    call: (site, value) => {
      if (typeof value === 'string') {
        countLength(value.length);
        return BigInt(codePoints(value));
      }
      if (Array.isArray(value) || value instanceof Uint8Array) return BigInt(value.length);
      if (kindOf(value) === 'map') return BigInt(mapSize(value as AnyMap));
      throw noOverload('size', site, [value]);
    },
  },
};
