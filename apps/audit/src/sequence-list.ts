/** Rising ledger sequences in a few bytes: each as its distance from the one before, seven bits a byte. */

export function packSequences(sequences: readonly number[]): Buffer {
  const bytes = Buffer.allocUnsafe(sequences.length * 8);
  let length = 0;
  let before = 0;
  for (const sequence of sequences) {
    let distance = sequence - before;
    for (; distance >= 0x80; distance = Math.floor(distance / 0x80))
      bytes[length++] = 0x80 | (distance & 0x7f);
    bytes[length++] = distance;
    before = sequence;
  }
  return bytes.subarray(0, length);
}

export function unpackSequences(bytes: Uint8Array): number[] {
  const sequences: number[] = [];
  let before = 0;
  let distance = 0;
  let scale = 1;
  for (const byte of bytes) {
    distance += (byte & 0x7f) * scale;
    scale *= 0x80;
    if (byte >= 0x80) continue;
    before += distance;
    sequences.push(before);
    distance = 0;
    scale = 1;
  }
  return sequences;
}
