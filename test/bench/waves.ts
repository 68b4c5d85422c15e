/**
 * `npm run bench waves`: the 200 real steps of parallel calls of BFCL, planned as waves and as graphs, under three ways to
 * declare their tools; how many calls run at once, and how long a step takes against one call after the other, when
 * every call that may start does. BFCL has no durations: each call gets one of 1 to 10 s from its arguments' digest.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { digestOf } from '@writ/contracts';
import type { InvocationId, JsonObject } from '@writ/contracts';
import { schedule, scheduleGraph } from '@writ/scheduler';
import type { Plan, ToolRule, WaveCall } from '@writ/scheduler';
import Table from 'cli-table3';
import { REPOSITORY } from '@writ/testkit';

const DATA = join(REPOSITORY, '../shared/data/bfcl-parallel.jsonl.gz');
const ON = { parallelEnabled: true };
const LONGEST_SECONDS = 10;
const ROUNDS = 200;

/** Names that begin so change something; the rest of BFCL's tools look things up or compute. */
const WRITES =
  /(^|[._])(add|book|buy|cancel|change|create|delete|mix|order|play|post|reserve|send|set|turn|update)/i;

interface Step {
  readonly calls: readonly WaveCall[];
  readonly seconds: readonly number[];
}

interface Row {
  readonly tools: string;
  readonly mode: 'waves' | 'dag';
  /** Waves, or levels of the graph. */
  readonly waves: number;
  readonly parallelSteps: number;
  readonly mostAtOnce: number;
  readonly seconds: number;
  /** Of the time that one call after the other takes. */
  readonly ofSequential: number;
  readonly microsPerPlan: number;
}

const REGISTRIES: Readonly<Record<string, (call: WaveCall) => ToolRule>> = {
  'no keys declared': () => ({ class: 'READ_ONLY' }),
  'reads by their arguments': (call) => ({ class: 'READ_ONLY', keys: [keyOf(call)] }),
  'classed by name, by their arguments': (call) => ({
    class: WRITES.test(call.tool) ? 'NETWORK' : 'READ_ONLY',
    keys: [keyOf(call)],
  }),
};

const json = process.argv.includes('--json');
if (existsSync(DATA)) main(readSteps());
else console.error(`skipped: the steps are not here (${DATA})`);

function main(steps: readonly Step[]): void {
  const sequential = sum(steps.flatMap(({ seconds }) => seconds));
  const rows: Row[] = [];
  let longer = 0;
  for (const [tools, ruleOf] of Object.entries(REGISTRIES)) {
    const both = steps.map((step) => {
      const registry = new Map(step.calls.map((call) => [call.tool, ruleOf(call)]));
      return {
        step,
        waves: { waves: schedule(step.calls, registry, ON) },
        dag: scheduleGraph(step.calls, registry, ON),
        registry,
      };
    });
    longer += both.filter(
      ({ step, waves, dag }) => spanOf(dag, step.seconds) > spanOf(waves, step.seconds),
    ).length;
    for (const mode of ['waves', 'dag'] as const) {
      const plans = both.map((planned) => planned[mode]);
      const seconds = sum(both.map((planned) => spanOf(planned[mode], planned.step.seconds)));
      const start = performance.now();
      for (let round = 0; round < ROUNDS; round++) {
        for (const { step, registry } of both)
          (mode === 'waves' ? schedule : scheduleGraph)(step.calls, registry, ON);
      }
      const microsPerPlan = (1_000 * (performance.now() - start)) / ROUNDS / steps.length;
      rows.push({
        tools,
        mode,
        waves: sum(plans.map((plan) => plan.waves.length)),
        parallelSteps: plans.filter((plan) => plan.waves.some(({ parallel }) => parallel)).length,
        mostAtOnce: Math.max(...plans.flatMap((plan) => plan.waves.map((wave) => wave.calls.length))),
        seconds,
        ofSequential: seconds / sequential,
        microsPerPlan,
      });
    }
  }
  const calls = sum(steps.map((step) => step.calls.length));
  const bar = {
    name: 'steps that take longer as a graph than in waves',
    value: longer,
    wanted: '0',
    met: longer === 0,
  };
  if (json)
    console.log(JSON.stringify({ steps: steps.length, calls, sequential, rows, bars: [bar] }, undefined, 2));
  else
    print(
      steps.length,
      calls,
      sequential,
      rows,
      `${bar.name}: ${longer} (${bar.met ? 'met' : 'NOT MET'}, wanted 0)`,
    );
  process.exitCode = bar.met ? 0 : 1;
}

function print(
  steps: number,
  calls: number,
  sequential: number,
  rows: readonly Row[],
  verdict: string,
): void {
  const table = new Table({
    head: [
      'tools',
      'mode',
      'waves',
      'steps with parallel calls',
      'at once',
      'makespan',
      'of sequential',
      'us a plan',
    ],
    style: { head: [], border: [] },
  });
  for (const row of rows) {
    table.push([
      row.tools,
      row.mode,
      row.waves,
      row.parallelSteps,
      row.mostAtOnce,
      `${row.seconds} s`,
      `${(100 * row.ofSequential).toFixed(1)} %`,
      row.microsPerPlan.toFixed(1),
    ]);
  }
  console.log(`${steps} steps of ${calls} calls, ${sequential} s one after the other`);
  console.log(table.toString());
  console.log(verdict);
}

/** How long a step takes when each call starts as soon as its plan lets it; `seconds` by call, whose ids are numbers. */
function spanOf({ waves, after }: Plan, seconds: readonly number[]): number {
  const order = waves.flatMap((wave) => wave.calls).map(Number);
  const takes = (call: number | undefined): number => seconds[call ?? -1] ?? 0;
  if (!after) return sum(waves.map((wave) => Math.max(...wave.calls.map((id) => takes(Number(id))))));
  const ends: number[] = [];
  for (const [place, call] of order.entries()) {
    ends.push(Math.max(0, ...(after[place] ?? []).map((earlier) => ends[earlier] ?? 0)) + takes(call));
  }
  return Math.max(0, ...ends);
}

function keyOf({ tool, inputs }: WaveCall): string {
  return `${tool}:${Object.keys(inputs)
    .map((name) => `{args.${name}}`)
    .join('|')}`;
}

function readSteps(): Step[] {
  const lines = gunzipSync(readFileSync(DATA)).toString('utf8').trim().split('\n');
  return lines.map((line): Step => {
    const { calls } = JSON.parse(line) as { calls: { tool: string; args: JsonObject }[] };
    return {
      calls: calls.map(({ tool, args }, index) => ({
        invocation: `${index}` as InvocationId,
        tool,
        inputs: args,
      })),
      seconds: calls.map(
        ({ args }, index) => 1 + (Number.parseInt(digestOf([args, index]).slice(-6), 16) % LONGEST_SECONDS),
      ),
    };
  });
}

function sum(all: readonly number[]): number {
  return all.reduce((total, one) => total + one, 0);
}
