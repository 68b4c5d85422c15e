/** A tool that gives away what it should keep: in its output, also one that is too large for a fact, as progress, as an error. */
export function run({ fail, times = 1 }, { secrets, progress }) {
  progress({ holding: secrets.TOKEN });
  if (fail) throw new Error(`it failed with ${secrets.TOKEN}`);
  return { said: `the token is ${secrets.TOKEN}`.repeat(times) };
}
