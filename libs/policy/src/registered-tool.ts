/**
 * A registered tool with what is compiled out of its spec on first use: the check of its inputs, its cost
 * model, and the part of the rules' bindings that is the same for all its calls. A part that cannot be
 * compiled (the catalog was not checked before it was published) throws at every call, so that the call is
 * denied with the reason.
 */
import { SafetyClass, allowingPayloads, effectsOf, policyClass } from '@writ/contracts';
import type { ToolSpec } from '@writ/contracts';
import type { Bindings } from '@writ/expressions';
import { compileCost } from './ceiling.ts';
import type { Ceiling, CostModel } from './ceiling.ts';
import { compileInputs } from './input-schema.ts';
import type { InputCheck } from './input-schema.ts';

export class RegisteredTool {
  readonly spec: ToolSpec;
  readonly destructive: boolean;
  readonly #traits: Omit<Bindings['tool'], 'cost' | 'price'>;
  readonly #inputs: () => InputCheck;
  readonly #cost: () => CostModel;

  constructor(spec: ToolSpec) {
    this.spec = spec;
    const safety = policyClass(spec);
    this.destructive = safety === SafetyClass.destructive;
    this.#traits = {
      name: spec.name,
      class: safety,
      effects: effectsOf(spec),
      destructive: this.destructive,
      labels: spec.labels,
    };
    this.#inputs = once(() =>
      spec.inputs === undefined ? () => undefined : compileInputs(allowingPayloads(spec.inputs)),
    );
    this.#cost = once(() => compileCost(spec.cost));
  }

  /** @throws WritError `schema-invalid` */
  get inputs(): InputCheck {
    return this.#inputs();
  }

  /** @throws WritError `no-estimate` */
  get cost(): CostModel {
    return this.#cost();
  }

  bindings({ cost, price }: Pick<Ceiling, 'cost' | 'price'>): Bindings['tool'] {
    return { ...this.#traits, cost, price };
  }
}

/** Computes on first use and keeps the outcome, also when it is an error. */
function once<T>(compute: () => T): () => T {
  let outcome: { readonly value: T } | { readonly thrown: unknown } | undefined;
  return () => {
    if (!outcome) {
      try {
        outcome = { value: compute() };
      } catch (thrown) {
        outcome = { thrown };
      }
    }
    if ('thrown' in outcome) throw outcome.thrown;
    return outcome.value;
  };
}
