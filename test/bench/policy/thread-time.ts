/** The time that this thread computed, without what other processes took from it: what a busy machine does not change much. */

const MICROSECONDS_PER_MILLISECOND = 1_000;

export function threadMilliseconds(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / MICROSECONDS_PER_MILLISECOND;
}
