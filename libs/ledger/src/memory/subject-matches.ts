/** NATS subject wildcards: `*` is one token, `>` is the rest. */
export function subjectMatches(pattern: string, subject: string): boolean {
  const wanted = pattern.split('.');
  const tokens = subject.split('.');
  for (const [index, part] of wanted.entries()) {
    if (part === '>') return tokens.length > index;
    if (tokens[index] === undefined || (part !== '*' && part !== tokens[index])) return false;
  }
  return tokens.length === wanted.length;
}
