/** As much of protobuf's wire format as it takes to read OTLP: fields by number, each with its bytes or its number. */

/** Where messages and texts stand; numbers are what is left. */
export type Field = Uint8Array | bigint;

export type Message = ReadonlyMap<number, readonly Field[]>;

/** @throws RangeError for bytes that are no message */
export function readMessage(bytes: Uint8Array): Message {
  const fields = new Map<number, Field[]>();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const varint = (): bigint => {
    for (let value = 0n, shift = 0n; ; shift += 7n) {
      const byte = view.getUint8(at++);
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  const read = (wireType: number): Field => {
    if (wireType === 0) return varint();
    if (wireType === 1) return view.getBigUint64((at += 8) - 8, true);
    if (wireType === 5) return BigInt(view.getUint32((at += 4) - 4, true));
    const length = Number(varint());
    return bytes.subarray(at, (at += length));
  };
  while (at < bytes.length) {
    const tag = Number(varint());
    const known = fields.get(tag >> 3);
    const value = read(tag & 7);
    if (known) known.push(value);
    else fields.set(tag >> 3, [value]);
  }
  return fields;
}

export function messagesAt(message: Message, field: number): Message[] {
  return (message.get(field) ?? []).map((bytes) => readMessage(bytes as Uint8Array));
}

export function textAt(message: Message, field: number): string {
  return Buffer.from((message.get(field)?.[0] ?? new Uint8Array()) as Uint8Array).toString();
}

export function hexAt(message: Message, field: number): string {
  return Buffer.from((message.get(field)?.[0] ?? new Uint8Array()) as Uint8Array).toString('hex');
}

export function numberAt(message: Message, field: number): bigint {
  return (message.get(field)?.[0] ?? 0n) as bigint;
}
