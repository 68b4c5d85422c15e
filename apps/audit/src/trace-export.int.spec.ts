/** Which calls' traces leave the audit, with real rows and chunks behind them. */
import { metrics } from '@opentelemetry/api';
import type { SpanRecord } from '@writ/telemetry';
import { freshDatabase } from '@writ/testkit';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import {
  AT,
  append,
  completed,
  decided,
  dispatched,
  names,
  ran,
  requested,
  reserved,
} from '../test/calls.ts';
import { Scene } from '../test/scene.ts';
import type { CallFollower } from './call-follower.ts';
import { OLDEST_TRACE_MS, TRACES_A_SECOND } from './limits.ts';
import { RecordReader } from './record-reader.ts';
import { TraceExport } from './trace-export.ts';

let scene: Scene;
let spans: SpanRecord[];

beforeEach(async () => {
  scene = await Scene.open(() => freshDatabase(inject('postgresUrl')));
  spans = [];
});

afterEach(async () => scene.close());

/** An audit that exports a share of the traces, at a time after the calls. */
function start(ratio: number, laterMs = 0) {
  const follower: CallFollower = {
    folded: (sightings) => traces.folded(sightings),
    ended: (trace, commit) => traces.ended(trace, commit),
  };
  const audit = scene.start({ follower });
  const reader = new RecordReader(audit.db, { commit: () => undefined });
  const traces: TraceExport = new TraceExport({
    tracing: { ratio, slowMs: 60_000, spans: { write: (span) => void spans.push(span) } },
    meter: metrics.getMeter('test'),
    stored: reader.commit.bind(reader),
    onProblem: (problem) => audit.problems.push(problem),
    now: () => AT + laterMs,
  });
  return { audit, settled: () => traces.settled() };
}

/** Calls that were exported, each once for every time it was. */
function exported(): string[] {
  return spans
    .filter(({ name }) => name.startsWith('execute_tool'))
    .map(({ attributes }) => String(attributes['writ.invocation']));
}

describe('calls that have ended', () => {
  it('are exported as they deserve it, each once', async () => {
    const { audit } = start(0);
    await append(scene.ledger, ...ran(['plain']), requested(['bad']), decided(['bad'], 'deny'));
    await scene.stored(audit);
    await append(scene.ledger, requested(['bad']));
    await scene.stored(audit);
    expect(exported()).toEqual(['bad']);
  });

  it('of which one was stored while it was open: has the hops of before', async () => {
    const { audit, settled } = start(1);
    await append(scene.ledger, requested(['slow']), decided(['slow'], 'allow'), reserved(['slow']));
    await scene.stored(audit);
    expect(exported()).toEqual([]);
    await append(scene.ledger, dispatched(['slow']), completed(['slow']));
    await scene.stored(audit);
    await settled();
    expect(spans.map(({ name }) => name)).toEqual([
      'execute_tool descriptors',
      'decide',
      'reserve',
      'wait in queue',
      'execute',
      'run descriptors',
    ]);
    expect(audit.problems).toEqual([]);
  });

  it('long ago: are not exported again when everything is projected anew', async () => {
    const { audit } = start(1, OLDEST_TRACE_MS + 1);
    await append(scene.ledger, ...ran(['old']));
    await scene.stored(audit);
    expect(exported()).toEqual([]);
  });

  it('in a flood: are cut off at so many a second', async () => {
    const { audit } = start(1);
    const many = names('call', TRACES_A_SECOND + 100);
    for (let next = 0; next < many.length; next += 50)
      await append(scene.ledger, ...ran(many.slice(next, next + 50)));
    await scene.stored(audit);
    expect(exported()).toHaveLength(TRACES_A_SECOND);
  });
});
