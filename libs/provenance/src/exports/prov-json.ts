/**
 * W3C PROV-JSON (Member Submission of 2013-04-24): each call is a bundle, so that an export of any length is written in one
 * pass and every bundle can be read alone. Names are the same in all bundles: what one call generated is what another one
 * used. The call is an activity; agent, tool, executor and persons are agents; the policies in force are its plan; an
 * approval is an activity that informed it.
 */
import { Outcome } from '@writ/contracts';
import type { InvocationProvenance } from '../report-schema.ts';

/** Sections of a bundle, each by identifier. */
export type ProvBundle = Record<string, Record<string, ProvAttributes>>;
type ProvValue = string | number | boolean | { readonly $: string; readonly type: string };
type ProvAttributes = Record<string, ProvValue | readonly ProvValue[]>;

/** `prefix` of the document. */
export const PROV_PREFIXES: Readonly<Record<string, string>> = {
  writ: 'urn:writ:',
  xsd: 'http://www.w3.org/2001/XMLSchema#',
};

/** The identifier of the call's bundle, and the bundle; `life` 0 for the first call of its id. */
export function provBundle(told: InvocationProvenance, life = 0): readonly [id: string, bundle: ProvBundle] {
  const writing = new Bundle(told, life);
  return [writing.call.replace('writ:call/', 'writ:provenance/'), writing.sections];
}

class Bundle {
  readonly call: string;
  readonly sections: ProvBundle = {};
  readonly #told: InvocationProvenance;
  #relations = 0;

  constructor(told: InvocationProvenance, life: number) {
    this.#told = told;
    this.call = `${this.#id('call', told.invocation)}${life > 0 ? `.${life}` : ''}`;
    this.#activity();
    this.#agents();
    this.#data();
    this.#causes();
    this.#approval();
  }

  #activity(): void {
    const { stage, what, when, where } = this.#told;
    this.#put('activity', this.call, {
      'prov:type': qualified('writ:ToolCall'),
      'prov:startTime': when.requested ?? when.decided ?? undefined,
      'prov:endTime': when.ended ?? undefined,
      'writ:tool': what.tool ?? undefined,
      'writ:stage': stage,
      'writ:began': when.started ? { $: when.started, type: 'xsd:dateTime' } : undefined,
      'writ:machine': where.node ?? undefined,
      'writ:pool': where.pool ?? undefined,
    });
  }

  #agents(): void {
    const { who, what, why, where } = this.#told;
    const agent = this.#agent('agent', who.agent, 'SoftwareAgent');
    const bundle = why.decisions.at(-1)?.bundle;
    const plan = bundle && this.#id('policies', bundle);
    if (plan !== undefined) this.#put('entity', plan, { 'prov:type': qualified('prov:Plan') });
    this.#relate('wasAssociatedWith', { 'prov:activity': this.call, 'prov:agent': agent, 'prov:plan': plan });
    const others = [
      what.tool !== null &&
        this.#agent(
          'tool',
          what.version === null ? what.tool : `${what.tool}@${what.version}`,
          'SoftwareAgent',
        ),
      where.executor !== null && this.#agent('executor', where.executor, 'SoftwareAgent'),
    ];
    for (const other of others)
      if (other !== false)
        this.#relate('wasAssociatedWith', { 'prov:activity': this.call, 'prov:agent': other });
    for (const person of [who.onBehalfOf, who.owner]) {
      if (person === null) continue;
      const responsible = this.#agent('person', person, 'Person');
      const on = { 'prov:delegate': agent, 'prov:responsible': responsible, 'prov:activity': this.call };
      this.#relate('actedOnBehalfOf', on);
    }
  }

  #data(): void {
    const { invocation, what, outcome } = this.#told;
    if (what.argsDigest !== null) {
      const value = what.inputs === null ? undefined : JSON.stringify(what.inputs);
      const input = this.#entity('input', what.argsDigest, what.argsDigest, value);
      this.#relate('used', { 'prov:activity': this.call, 'prov:entity': input });
    }
    if (outcome !== Outcome.succeeded) return;
    const value = what.output === null || what.output === undefined ? undefined : JSON.stringify(what.output);
    const output = this.#entity('output', invocation, what.outputDigest, value);
    const time = this.#told.when.ended ?? undefined;
    this.#relate('wasGeneratedBy', { 'prov:entity': output, 'prov:activity': this.call, 'prov:time': time });
  }

  #causes(): void {
    const { who, invocation, outcome } = this.#told;
    for (const cause of who.causedBy) {
      const used = this.#id('output', cause);
      this.#put('entity', used, {});
      this.#relate('wasInformedBy', {
        'prov:informed': this.call,
        'prov:informant': this.#id('call', cause),
      });
      this.#relate('used', { 'prov:activity': this.call, 'prov:entity': used });
      if (outcome !== Outcome.succeeded) continue;
      const output = this.#id('output', invocation);
      const derived = { 'prov:generatedEntity': output, 'prov:usedEntity': used, 'prov:activity': this.call };
      this.#relate('wasDerivedFrom', derived);
    }
    if (who.node === null) return;
    const node = this.#id('node', `${who.node.run}.${who.node.node}.${who.node.attempt}`);
    this.#put('activity', node, { 'prov:type': qualified('writ:WorkflowNode'), 'writ:run': who.node.run });
    this.#relate('wasStartedBy', { 'prov:activity': this.call, 'prov:starter': node });
  }

  #approval(): void {
    const { why, invocation } = this.#told;
    if (!why.approval) return;
    const { openedAt, closedAt, result, votes, reason, inNameOf } = why.approval;
    const approval = this.#id('approval', invocation);
    this.#put('activity', approval, {
      'prov:type': qualified('writ:Approval'),
      'prov:startTime': openedAt,
      'prov:endTime': closedAt ?? undefined,
      'writ:result': result,
      'writ:reason': reason ?? undefined,
    });
    this.#relate('wasInformedBy', { 'prov:informed': this.call, 'prov:informant': approval });
    for (const [person, whose] of Object.entries(inNameOf)) {
      const delegate = this.#agent('person', person, 'Person');
      const responsible = this.#agent('person', whose, 'Person');
      const on = { 'prov:delegate': delegate, 'prov:responsible': responsible, 'prov:activity': approval };
      this.#relate('actedOnBehalfOf', on);
    }
    for (const vote of votes) {
      const person = this.#agent('person', vote.person, 'Person');
      this.#relate('wasAssociatedWith', {
        'prov:activity': approval,
        'prov:agent': person,
        'writ:vote': vote.vote,
        'writ:reason': vote.reason ?? undefined,
      });
    }
  }

  #agent(kind: string, name: string, type: 'SoftwareAgent' | 'Person'): string {
    const id = this.#id(kind, name);
    this.#put('agent', id, { 'prov:type': qualified(`prov:${type}`), 'prov:label': name });
    return id;
  }

  #entity(kind: string, name: string, digest: string | null, value: string | undefined): string {
    const id = this.#id(kind, name);
    this.#put('entity', id, { 'writ:digest': digest ?? undefined, 'prov:value': value });
    return id;
  }

  /** `writ:<kind>/<tenant>/<name>`; whatever a name may not have is percent-encoded. */
  #id(kind: string, name: string): string {
    return `writ:${kind}/${this.#told.who.tenant}/${encodeURIComponent(name)}`;
  }

  #relate(relation: string, parts: Readonly<Record<string, ProvValue | undefined>>): void {
    this.#put(relation, `_:${++this.#relations}`, parts);
  }

  #put(section: string, id: string, attributes: Readonly<Record<string, ProvValue | undefined>>): void {
    const filled = Object.entries(attributes).filter(
      (entry): entry is [string, ProvValue] => entry[1] !== undefined,
    );
    (this.sections[section] ??= {})[id] = Object.fromEntries(filled);
  }
}

function qualified(name: string): ProvValue {
  return { $: name, type: 'prov:QUALIFIED_NAME' };
}
