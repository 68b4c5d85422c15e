/** The members of events, and of their data, that the index of invocations may ask for, and how their names are told. */

/** By name; numbers, because a place in an array is found faster than a name in a map. */
export const Member = {
  type: 0,
  data: 1,
  invocation: 2,
  agent: 3,
  tool: 4,
  project: 5,
  campaign: 6,
  verdict: 7,
  argsDigest: 8,
  executor: 9,
  attempt: 10,
  outcome: 11,
  specversion: 12,
  id: 13,
  source: 14,
  time: 15,
  session: 16,
  output: 17,
  outputDigest: 18,
  outputRef: 19,
  error: 20,
  usage: 21,
  startedAtMs: 22,
  endedAtMs: 23,
  calls: 24,
  log: 25,
  step: 26,
  holds: 27,
  traceparent: 28,
  dataversion: 29,
} as const;
export type Member = (typeof Member)[keyof typeof Member];

const NAME_BYTES = Object.keys(Member).map((name) => Buffer.from(name));
export const MEMBERS = NAME_BYTES.length;

/** Members by the hash of their names. */
const BY_HASH = new Map(NAME_BYTES.map((name, member) => [hashOf(name, 0, name.length), member]));

/** Which member's name these bytes are; -1 for any other name. */
export function memberNamed(bytes: Buffer, start: number, end: number): number {
  const member = BY_HASH.get(hashOf(bytes, start, end)) ?? -1;
  if (member < 0) return -1;
  const name = NAME_BYTES[member] as Buffer;
  if (name.length !== end - start) return -1;
  for (let index = 0; index < name.length; index++) if (bytes[start + index] !== name[index]) return -1;
  return member;
}

function hashOf(bytes: Buffer, start: number, end: number): number {
  let hash = 0;
  for (let index = start; index < end; index++) hash = (hash * 31 + (bytes[index] as number)) | 0;
  return hash;
}
