/**
 * Kills processes at random and brings each back at once. The seed decides who and after which pause; when a victim is
 * not ready at its turn another one of the first kind is hit, so how far the machine has come decides the rest.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from '@writ/testkit';
import type { Random } from '../../simulation/random.ts';

export interface Victim {
  /** What it is counted as. */
  readonly kind: string;
  /** How often it is hit, compared with the others. */
  readonly weight: number;
  /** Whether a kill would hit something: it is there, and has done some work since the last time. */
  readonly ready: () => boolean;
  /** SIGKILL. */
  readonly kill: () => Promise<void>;
  /** Resolves when it is there again. */
  readonly restart: () => Promise<void>;
}

const LONGEST_PAUSE_MS = 150;
/** Of anybody to be ready to be killed, and of everybody to be back. Generous: machines stand still now and then. */
const BACK_WITHIN_MS = 180_000;

/** Kills so many times, and tells of each; resolves when everybody is back, with how often each kind was hit. */
export async function killAtRandom(
  victims: readonly Victim[],
  times: number,
  random: Random,
  onKill: (killed: number) => void,
): Promise<Readonly<Record<string, number>>> {
  const kills: Record<string, number> = {};
  const away = new Map<number, string>();
  const others = victims.filter(({ kind }) => kind === victims[0]?.kind);
  for (let count = 0; count < times; count++) {
    await delay(random.next() * LONGEST_PAUSE_MS);
    const chosen = choose(victims, random);
    const { kind, kill, restart } = chosen.ready()
      ? chosen
      : await eventually(() => others.find(({ ready }) => ready()), {
          withinMs: BACK_WITHIN_MS,
          what: `anybody can be killed for the ${count + 1}th time`,
        });
    await kill();
    kills[kind] = (kills[kind] ?? 0) + 1;
    onKill(count + 1);
    away.set(count, kind);
    void restart().then(() => away.delete(count));
  }
  const what = 'everybody who was killed is back';
  await eventually(() => away.size === 0, { withinMs: BACK_WITHIN_MS, what });
  return kills;
}

function choose(victims: readonly Victim[], random: Random): Victim {
  let left = random.next() * victims.reduce((sum, { weight }) => sum + weight, 0);
  return victims.find(({ weight }) => (left -= weight) < 0) ?? (victims[0] as Victim);
}
