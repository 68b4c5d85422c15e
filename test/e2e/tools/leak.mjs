/** A tool that gives away what it should keep: in its output, as progress, as an error. */
export function run({ fail }, { secrets, progress }) {
  progress({ holding: secrets.TOKEN });
  if (fail) throw new Error(`it failed with ${secrets.TOKEN}`);
  return { said: `the token is ${secrets.TOKEN}` };
}
