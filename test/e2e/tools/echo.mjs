/** Gives back what it got. */
export function run(inputs) {
  return inputs;
}
