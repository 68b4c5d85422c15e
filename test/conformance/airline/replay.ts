/**
 * Replays recorded conversations of an airline's agent through the policy core, call by call, as their own tenant each. The
 * replay is open: whatever is decided, the next recorded call comes. What the reservation system told in earlier results
 * is published as facts of the environment; how an allowed call ended is its recorded result.
 */
import { policy } from '@writ/policy';
import type { Catalog } from '@writ/catalog';
import { digestOf } from '@writ/contracts';
import type { EventData, EnvironmentSpec, RecordedFact } from '@writ/contracts';

export interface RecordedStep {
  readonly task: number;
  readonly trial: number;
  /** 1 when the conversation ended as it should have. */
  readonly reward: number;
  readonly step: number;
  readonly tool: string;
  readonly args: Readonly<Record<string, unknown>>;
  /** Its first 400 characters. */
  readonly result: string;
}

export interface DecidedStep {
  readonly step: RecordedStep;
  readonly decided: EventData<'policy.decided'>;
}

/** The time that the airline's policy names. */
const START = Date.parse('2024-05-15T15:00:00-05:00');
const MS_PER_STEP = 20_000;

/** Decides every step of one conversation. */
export function replay(catalog: Catalog, steps: readonly RecordedStep[]): readonly DecidedStep[] {
  let state = policy.initial();
  let seq = 0;
  const fold = (type: RecordedFact['type'], origin: string, data: unknown, at: number): void => {
    const fact = { type, tenant: 'airline', origin, seq: ++seq, at, data } as unknown as RecordedFact;
    state = policy.evolve(state, fact);
  };
  for (const tool of catalog.tools.values()) fold('tool.registered', 'catalog', { tool }, START);
  const bundle = digestOf(catalog.policies);
  fold('policy.published', 'catalog', { bundle, policies: catalog.policies }, START);
  let environment: EnvironmentSpec = {};
  return steps.map((step, index) => {
    const at = START + index * MS_PER_STEP;
    const invocation = `step-${step.step}`;
    const calls = [{ invocation, tool: step.tool, inputs: step.args }];
    fold('tool.requested', 'assistant', { project: 'desk', priority: 'normal', calls }, at);
    const [answer] = policy.react(state, at, undefined);
    if (answer?.type !== 'policy.decided') throw new Error(`${step.tool} is not decided`);
    state = policy.evolve(state, { ...answer, origin: 'decisions', seq: ++seq, at });
    const told = reservationFacts(step.result);
    if (told) {
      environment = { ...environment, ...told };
      fold('environment.defined', 'catalog', { environment }, at);
    }
    const outcome = step.result.startsWith('Error') ? 'failed' : 'succeeded';
    fold('execution.completed', 'desk', { invocation, agent: 'assistant', outcome, usage: {} }, at);
    return { step, decided: answer.data };
  });
}

const FLIGHT = /"flight_number": "(\w+)"[^}]*?"date": "([\d-]+)"/g;

/** What a result says of a reservation, as far as it was recorded. */
function reservationFacts(result: string): EnvironmentSpec | undefined {
  const id = /^\{"reservation_id": "(\w+)"/.exec(result)?.[1];
  const cabin = /"cabin": "(\w+)"/.exec(result)?.[1];
  if (id === undefined || cabin === undefined) return undefined;
  const flights = Array.from(result.matchAll(FLIGHT), ([, number, date]) => `${number} ${date}`);
  return {
    [`cabin_${id}`]: cabin,
    [`flights_${id}`]: flights.join(','),
  };
}
