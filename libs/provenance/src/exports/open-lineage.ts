/**
 * OpenLineage 2-0-2 run events: a call is a run of the job that its tool is; START, then COMPLETE, FAIL or ABORT (it was
 * not let through, or given up). Inputs are datasets by digest, an output is the dataset of its call, so that a call which
 * another one caused reads what that one wrote. A workflow's node, or else the campaign, is the parent.
 */
import { Outcome } from '@writ/contracts';
import type { InvocationProvenance } from '../report-schema.ts';
import { invocationRunId, uuidOf } from './run-id.ts';

export type RunEvent = Readonly<Record<string, unknown>>;

const PRODUCER = 'urn:writ:audit';
const SPEC = 'https://openlineage.io/spec';
const RUN_EVENT = `${SPEC}/2-0-2/OpenLineage.json#/$defs/RunEvent`;

const FACETS = {
  parent: `${SPEC}/facets/1-0-1/ParentRunFacet.json#/$defs/ParentRunFacet`,
  errorMessage: `${SPEC}/facets/1-0-1/ErrorMessageRunFacet.json#/$defs/ErrorMessageRunFacet`,
  jobType: `${SPEC}/facets/2-0-3/JobTypeJobFacet.json#/$defs/JobTypeJobFacet`,
  ownership: `${SPEC}/facets/1-0-1/OwnershipJobFacet.json#/$defs/OwnershipJobFacet`,
  version: `${SPEC}/facets/1-0-1/DatasetVersionDatasetFacet.json#/$defs/DatasetVersionDatasetFacet`,
  /** Ours; the names of its parts are those of `campaign-report.json`. */
  writ: 'urn:writ:facet:invocation:1',
} as const;

/** The events of one call; `life` as in `invocationRunId`. A call that was never asked for legibly begins with its first decision. */
export function openLineageEvents(told: InvocationProvenance, life = 0): RunEvent[] {
  const { when } = told;
  const begun = when.requested ?? when.decided ?? when.ended;
  if (begun === null) return [];
  const run = { runId: invocationRunId(told.who.tenant, told.invocation, life) };
  const shared = { producer: PRODUCER, schemaURL: RUN_EVENT, job: jobOf(told) };
  const parent = parentOf(told);
  const inputs = inputsOf(told);
  const start = {
    eventType: 'START',
    eventTime: begun,
    run: { ...run, facets: { ...parent } },
    ...shared,
    inputs,
    outputs: [],
  };
  if (told.outcome === null || when.ended === null) return [start];
  const end = {
    eventType: endType(told),
    eventTime: when.ended,
    run: { ...run, facets: { ...parent, ...errorOf(told), writ: facet('writ', detailsOf(told)) } },
    ...shared,
    inputs,
    outputs: outputsOf(told),
  };
  return [start, end];
}

function facet(kind: keyof typeof FACETS, parts: object): object {
  return { _producer: PRODUCER, _schemaURL: FACETS[kind], ...parts };
}

function endType({ outcome, why }: InvocationProvenance): 'COMPLETE' | 'FAIL' | 'ABORT' {
  switch (outcome) {
    case Outcome.succeeded:
      return 'COMPLETE';
    case Outcome.failed:
    case Outcome.timedOut:
      return 'FAIL';
    case Outcome.indeterminateResolved:
      return why.ended?.reason === Outcome.succeeded ? 'COMPLETE' : 'FAIL';
    default:
      return 'ABORT';
  }
}

function namespaceOf({ who }: InvocationProvenance): string {
  return `writ://${who.tenant}/${who.project ?? ''}`;
}

function jobOf(told: InvocationProvenance): object {
  const { owner } = told.who;
  const kind = { processingType: 'BATCH', integration: 'WRIT', jobType: 'TOOL' };
  return {
    namespace: namespaceOf(told),
    name: told.what.tool ?? '(unreadable)',
    facets: {
      jobType: facet('jobType', kind),
      ...(owner === null
        ? {}
        : { ownership: facet('ownership', { owners: [{ name: `user:${owner}`, type: 'AGENT_OWNER' }] }) }),
    },
  };
}

function parentOf(told: InvocationProvenance): object {
  const { tenant, node, campaign } = told.who;
  const namespace = namespaceOf(told);
  const name = node ? `${node.run}.${node.node}` : campaign;
  if (name === null) return {};
  const runId = node
    ? uuidOf('node', tenant, node.run, node.node, String(node.attempt))
    : uuidOf('campaign', tenant, told.who.project ?? '', name);
  return { parent: facet('parent', { run: { runId }, job: { namespace, name } }) };
}

function errorOf({ what, why }: InvocationProvenance): object {
  const message = what.error
    ? `${what.error.code}: ${what.error.message}`
    : (why.denial?.reason ?? why.ended?.detail ?? why.ended?.reason);
  return message === undefined
    ? {}
    : { errorMessage: facet('errorMessage', { message, programmingLanguage: 'unknown' }) };
}

function detailsOf({ invocation, stage, who, what, why, where, cost, ledger }: InvocationProvenance): object {
  const { agent, onBehalfOf, causedBy, step } = who;
  const { version, class: safety, argsDigest, outputDigest } = what;
  return {
    invocation,
    stage,
    who: { agent, onBehalfOf, causedBy, step },
    what: { version, class: safety, argsDigest, outputDigest },
    why,
    where,
    cost,
    ledger,
  };
}

function inputsOf(told: InvocationProvenance): object[] {
  const { who, what } = told;
  const namespace = `writ://${who.tenant}`;
  const asked =
    what.argsDigest === null ? [] : [datasetOf(namespace, `input/${what.argsDigest}`, what.argsDigest)];
  const results = who.causedBy.map((cause) => ({ namespace, name: `output/${cause}` }));
  return [...asked, ...results];
}

function outputsOf({ who, what, invocation, outcome }: InvocationProvenance): object[] {
  if (outcome !== Outcome.succeeded) return [];
  return [datasetOf(`writ://${who.tenant}`, `output/${invocation}`, what.outputDigest)];
}

function datasetOf(namespace: string, name: string, digest: string | null): object {
  if (digest === null) return { namespace, name };
  return { namespace, name, facets: { version: facet('version', { datasetVersion: digest }) } };
}
