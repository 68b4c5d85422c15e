/** The smallest honest tool: it runs in a worker thread like any other and gives back what it got. */
export function run(inputs) {
  return inputs;
}
