/** `writ replay`: whether every recorded decision follows from what was recorded before it. */
import type { TenantId } from '@writ/contracts';
import { Presets, SingleBar } from 'cli-progress';
import { show, within } from '../commands.ts';
import type { GlobalOptions, Surroundings } from '../commands.ts';
import { ExitCode } from '../exit-code.ts';
import { replayLedger } from './replay-ledger.ts';
import type { Replayed } from './replay-services.ts';
import { replayText } from './replay-text.ts';

export interface ReplayCommandOptions extends GlobalOptions {
  readonly to?: number;
  readonly service?: Replayed;
}

export async function replay(surroundings: Surroundings, options: ReplayCommandOptions): Promise<ExitCode> {
  const { terminal, interrupt } = surroundings;
  const { to, service } = options;
  return within(surroundings, 'operator', options, async ({ transport, tenant }) => {
    const bar = progressBar(terminal.interactive && !options.json);
    // Whoever names no tenant is connected as one, but asks about the whole ledger.
    const only: TenantId | undefined = options.tenant === undefined ? undefined : tenant;
    const wish = { to, service, tenant: only, signal: interrupt };
    const report = await replayLedger(transport.ledger, { ...wish, onProgress: bar.at }).finally(bar.end);
    show(terminal, options, report, (paint) => replayText(report, paint));
    return report.different === 0 ? ExitCode.ok : ExitCode.refused;
  });
}

function progressBar(shown: boolean): {
  readonly at: (seq: number, asOf: number) => void;
  readonly end: () => void;
} {
  if (!shown) return { at: () => undefined, end: () => undefined };
  const format = 'replaying {bar} {percentage} %, sequence {value} of {total}, {eta_formatted} left';
  const bar = new SingleBar({ format, clearOnComplete: true, hideCursor: true }, Presets.shades_classic);
  bar.start(1, 0);
  return {
    at: (seq, asOf) => {
      bar.setTotal(asOf);
      bar.update(seq);
    },
    end: () => bar.stop(),
  };
}
