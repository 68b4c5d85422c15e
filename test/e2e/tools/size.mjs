/** How long a text is, and the text twice: large in, larger out. */
export function run({ text }) {
  return { length: text.length, twice: text + text };
}
