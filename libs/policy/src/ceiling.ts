/**
 * The cost model: the most that one call may use, by unit, computed over its arguments before anything is
 * decided. The budget holds exactly this much. A tool whose cost cannot be computed does not run: no
 * estimate, no reservation.
 */
import { MICROS_PER_UNIT, Unit, WritError, messageOf } from '@writ/contracts';
import type { Amounts, JsonObject, ToolSpec } from '@writ/contracts';
import { compileAmount } from '@writ/expressions';
import type { Amount } from '@writ/expressions';
import { MAX_AMOUNT_MICROS } from './limits.ts';

export interface Ceiling {
  /** As facts carry it. */
  readonly amounts: Amounts;
  /** `tool.cost` in rules: millionths of a node-hour; 0 for a tool that declares none. */
  readonly cost: bigint;
  /** `tool.price` in rules: millionths of a USD. */
  readonly price: bigint;
}

/** @throws WritError `no-estimate` that names the unit and says why. */
export type CostModel = (args: JsonObject) => Ceiling;

/** Every call counts as one, whatever its tool declares. */
const ONE_CALL = MICROS_PER_UNIT.toString();

/** @throws WritError `no-estimate` when an expression of the spec is none. */
export function compileCost(costs: ToolSpec['cost']): CostModel {
  const meters = Object.entries(costs)
    .filter(([unit]) => unit !== Unit.calls)
    .map(([unit, source]) => ({ unit, amount: compileMeter(unit, source) }));
  if (meters.length === 0) {
    const free: Ceiling = { amounts: { [Unit.calls]: ONE_CALL }, cost: 0n, price: 0n };
    return () => free;
  }
  return (args) => {
    const amounts: Record<string, string> = {};
    let cost = 0n;
    let price = 0n;
    for (const { unit, amount } of meters) {
      const micros = measure(unit, amount, args);
      amounts[unit] = micros.toString();
      if (unit === Unit.nodeHours) cost = micros;
      else if (unit === Unit.usd) price = micros;
    }
    amounts[Unit.calls] = ONE_CALL;
    return { amounts, cost, price };
  };
}

function compileMeter(unit: string, source: string): Amount {
  try {
    return compileAmount(source, unit);
  } catch (cause) {
    throw noEstimate(unit, cause);
  }
}

function measure(unit: string, amount: Amount, args: JsonObject): bigint {
  let micros: bigint;
  try {
    micros = amount.evaluate(args);
  } catch (cause) {
    throw noEstimate(unit, cause);
  }
  if (micros >= 0n && micros <= MAX_AMOUNT_MICROS) return micros;
  throw noEstimate(
    unit,
    new WritError('out-of-range', micros < 0n ? 'it is negative' : 'it is absurdly large'),
  );
}

function noEstimate(unit: string, cause: unknown): WritError {
  return new WritError('no-estimate', `its cost in ${unit} cannot be computed: ${messageOf(cause)}`, {
    cause,
  });
}
