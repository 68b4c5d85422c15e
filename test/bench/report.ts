/** The benchmark's table: every case with its rate, what it is compared with, and the bar it has to meet. */
import Table from 'cli-table3';
import type { Round } from './measurements.ts';
import { median, quantile } from './statistics.ts';

export interface Summary {
  /** Calls or messages a second: medians over the rounds. */
  readonly rates: Readonly<Record<'raw' | 'plain' | 'plainMany' | 'sdk' | 'steps' | 'tenants', number>>;
  readonly milliseconds: Readonly<Record<'idleP50' | 'idleP99' | 'publishP50' | 'publishP99', number>>;
  readonly bars: readonly Bar[];
  /** Resident bytes of each service after the first round, about 100,000 calls. */
  readonly memory: Readonly<Record<string, number>>;
  /** Seconds that the audit needed to be level with the ledger after the last call. */
  readonly auditCatchUpSeconds: number;
}

export interface Bar {
  readonly name: string;
  readonly value: number;
  readonly wanted: string;
  readonly met: boolean;
}

const MEGABYTE = 1_024 * 1_024;

export function summarise(
  rounds: readonly Round[],
  memory: Readonly<Record<string, number>>,
  auditCatchUpSeconds: number,
): Summary {
  const of = (pick: (round: Round) => number): number => median(rounds.map(pick));
  const rates = {
    raw: of(({ raw }) => raw),
    plain: of(({ plain }) => plain),
    plainMany: of(({ plainMany }) => plainMany),
    sdk: of(({ sdk }) => sdk),
    steps: of(({ steps }) => steps),
    tenants: of(({ tenants }) => tenants),
  };
  const milliseconds = {
    idleP50: of(({ idle }) => quantile(idle, 0.5)),
    idleP99: of(({ idle }) => quantile(idle, 0.99)),
    publishP50: of(({ roundTrips }) => quantile(roundTrips, 0.5)),
    publishP99: of(({ roundTrips }) => quantile(roundTrips, 0.99)),
  };
  const bars = [
    atLeast(
      'single messages / raw JetStream',
      of(({ plain, raw }) => plain / raw),
      0.35,
    ),
    atLeast(
      'SDK singles / single messages',
      of(({ sdk, plain }) => sdk / plain),
      2,
    ),
    atLeast(
      'steps of 100 / single messages',
      of(({ steps, plain }) => steps / plain),
      2,
    ),
    atLeast(
      '1,000 tenants / one tenant (4,096 outstanding)',
      of(({ tenants, plainMany }) => tenants / plainMany),
      0.35,
    ),
    atMost(
      'idle p50 / publish p50',
      of(({ idle, roundTrips }) => quantile(idle, 0.5) / quantile(roundTrips, 0.5)),
      6,
    ),
    atMost('largest service, MB', Math.max(...Object.values(memory)) / MEGABYTE, 200),
  ];
  return { rates, milliseconds, bars, memory, auditCatchUpSeconds };
}

export function printReport({ rates, milliseconds, bars, memory, auditCatchUpSeconds }: Summary): void {
  const cases = new Table({ head: ['case', 'a second', 'of raw'], colAligns: ['left', 'right', 'right'] });
  const names: Readonly<Record<keyof Summary['rates'], string>> = {
    raw: 'raw JetStream: publish and consume',
    plain: 'single messages, plain client, 512 outstanding',
    plainMany: 'single messages, plain client, 4,096 outstanding',
    sdk: 'single calls through the SDK, 512 outstanding',
    steps: 'steps of 100 calls, 4,096 outstanding',
    tenants: '1,000 tenants at once, 4,096 outstanding',
  };
  for (const [key, name] of Object.entries(names)) {
    const rate = rates[key as keyof typeof rates];
    cases.push([name, Math.round(rate).toLocaleString('en'), (rate / rates.raw).toFixed(2)]);
  }
  console.log(cases.toString());
  const { idleP50, idleP99, publishP50, publishP99 } = milliseconds;
  console.log(`one call at a time, idle: p50 ${idleP50.toFixed(2)} ms, p99 ${idleP99.toFixed(2)} ms`);
  console.log(
    `one JetStream publish at a time: p50 ${publishP50.toFixed(2)} ms, p99 ${publishP99.toFixed(2)} ms`,
  );
  const services = Object.entries(memory).map(([name, bytes]) => `${name} ${Math.round(bytes / MEGABYTE)}`);
  console.log(`resident memory after the first round in MB: ${services.join(', ')}`);
  console.log(
    `audit on throughout; level with the ledger ${auditCatchUpSeconds.toFixed(1)} s after the last call`,
  );
  const judged = new Table({ head: ['bar', 'measured', 'wanted', ''] });
  for (const { name, value, wanted, met } of bars)
    judged.push([name, value.toFixed(2), wanted, met ? 'met' : 'NOT MET']);
  console.log(judged.toString());
}

function atLeast(name: string, value: number, least: number): Bar {
  return { name, value, wanted: `>= ${least}`, met: value >= least };
}

function atMost(name: string, value: number, most: number): Bar {
  return { name, value, wanted: `<= ${most}`, met: value <= most };
}
