/** Says when its code began, epoch milliseconds with a fraction: what `npm run bench start` measures. */
export function run() {
  return { begunAtMs: performance.timeOrigin + performance.now() };
}
