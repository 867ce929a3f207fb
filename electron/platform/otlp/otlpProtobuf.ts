/**
 * OTLP/protobuf, the few fields this program reads, into the shape of OTLP/JSON. A reader of our own because it is a
 * fraction of the size of any protobuf library with the OTLP schema; its test encodes with OpenTelemetry's own serializer.
 * Field numbers: opentelemetry-proto, logs/v1, metrics/v1, common/v1 (stable since 1.0).
 */
type Wire = number | bigint | Buffer;
/** Number of a field, its name, what is in it and whether it may occur many times. */
interface Field {
  readonly name: string;
  readonly read: (wire: Wire) => unknown;
  readonly isMany?: boolean;
}
type Message = Readonly<Record<number, Field>>;

export class MalformedProtobuf extends Error {}

const text = (wire: Wire): unknown => (Buffer.isBuffer(wire) ? wire.toString("utf8") : malformed());
const fixed = (wire: Wire): unknown => (typeof wire === "bigint" ? wire : malformed());
const signed = (wire: Wire): unknown => (typeof wire === "bigint" ? BigInt.asIntN(64, wire) : malformed());
const flag = (wire: Wire): unknown => (typeof wire === "bigint" ? wire !== 0n : malformed());
const word = (wire: Wire): unknown => (typeof wire === "bigint" ? Number(wire) : malformed());
const double = (wire: Wire): unknown => {
  if (typeof wire !== "bigint") return malformed();
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(wire);
  return bytes.readDoubleLE();
};
const message = (shape: Message) => (wire: Wire) => (Buffer.isBuffer(wire) ? readMessage(wire, shape) : malformed());
const one = (name: string, read: Field["read"]): Field => ({ name, read });
const many = (name: string, read: Field["read"]): Field => ({ name, read, isMany: true });

const VALUE: Message = {
  1: one("stringValue", text),
  2: one("boolValue", flag),
  3: one("intValue", signed),
  4: one("doubleValue", double),
};
const ATTRIBUTE: Message = { 1: one("key", text), 2: one("value", message(VALUE)) };
const RESOURCE: Message = { 1: many("attributes", message(ATTRIBUTE)) };
const SCOPE: Message = { 3: many("attributes", message(ATTRIBUTE)) };

const LOG_RECORD: Message = {
  1: one("timeUnixNano", fixed),
  5: one("body", message(VALUE)),
  6: many("attributes", message(ATTRIBUTE)),
  11: one("observedTimeUnixNano", fixed),
  12: one("eventName", text),
};
const SCOPE_LOGS: Message = { 1: one("scope", message(SCOPE)), 2: many("logRecords", message(LOG_RECORD)) };
const RESOURCE_LOGS: Message = { 1: one("resource", message(RESOURCE)), 2: many("scopeLogs", message(SCOPE_LOGS)) };
const LOGS: Message = { 1: many("resourceLogs", message(RESOURCE_LOGS)) };

const NUMBER_POINT: Message = {
  2: one("startTimeUnixNano", fixed),
  3: one("timeUnixNano", fixed),
  4: one("asDouble", double),
  6: one("asInt", signed),
  7: many("attributes", message(ATTRIBUTE)),
};
const HISTOGRAM_POINT: Message = {
  2: one("startTimeUnixNano", fixed),
  3: one("timeUnixNano", fixed),
  5: one("sum", double),
  9: many("attributes", message(ATTRIBUTE)),
};
const data = (point: Message): Field["read"] =>
  message({ 1: many("dataPoints", message(point)), 2: one("aggregationTemporality", word) });
const METRIC: Message = {
  1: one("name", text),
  5: one("gauge", data(NUMBER_POINT)),
  7: one("sum", data(NUMBER_POINT)),
  9: one("histogram", data(HISTOGRAM_POINT)),
};
const SCOPE_METRICS: Message = { 1: one("scope", message(SCOPE)), 2: many("metrics", message(METRIC)) };
const RESOURCE_METRICS: Message = {
  1: one("resource", message(RESOURCE)),
  2: many("scopeMetrics", message(SCOPE_METRICS)),
};
const METRICS: Message = { 1: many("resourceMetrics", message(RESOURCE_METRICS)) };

/** Throws MalformedProtobuf. */
export function decodeLogs(body: Buffer): unknown {
  return readMessage(body, LOGS);
}

/** Throws MalformedProtobuf. */
export function decodeMetrics(body: Buffer): unknown {
  return readMessage(body, METRICS);
}

/** An answer that some records were not taken: ExportLogsServiceResponse and its siblings have the same shape. */
export function encodePartialSuccess(rejected: number, why: string): Buffer {
  if (rejected === 0) return Buffer.alloc(0);
  const reason = Buffer.from(why, "utf8");
  const inner = Buffer.concat([
    Buffer.from([0x08]),
    varint(rejected),
    Buffer.from([0x12]),
    varint(reason.length),
    reason,
  ]);
  return Buffer.concat([Buffer.from([0x0a]), varint(inner.length), inner]);
}

function readMessage(bytes: Buffer, shape: Message): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  const reader = { bytes, at: 0 };
  while (reader.at < bytes.length) {
    const key = Number(readVarint(reader));
    const wire = readWire(reader, key & 7);
    const field = shape[key >>> 3];
    if (field === undefined) continue;
    const value = field.read(wire);
    const before = found[field.name];
    if (field.isMany !== true) found[field.name] = value;
    else if (Array.isArray(before)) before.push(value);
    else found[field.name] = [value];
  }
  return found;
}

interface Cursor {
  readonly bytes: Buffer;
  at: number;
}

function readWire(reader: Cursor, type: number): Wire {
  if (type === 0) return readVarint(reader);
  if (type === 1) return take(reader, 8).readBigUInt64LE();
  if (type === 2) return take(reader, Number(readVarint(reader)));
  return type === 5 ? take(reader, 4).readUInt32LE() : malformed();
}

function take(reader: Cursor, length: number): Buffer {
  if (length > reader.bytes.length - reader.at) return malformed();
  reader.at += length;
  return reader.bytes.subarray(reader.at - length, reader.at);
}

function readVarint(reader: Cursor): bigint {
  let value = 0n;
  for (let shift = 0n; shift < 70n; shift += 7n) {
    const byte = reader.bytes[reader.at];
    if (byte === undefined) return malformed();
    reader.at += 1;
    value |= BigInt(byte & 0x7f) << shift;
    if (byte < 0x80) return BigInt.asUintN(64, value);
  }
  return malformed();
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80);
  return Buffer.from([...bytes, rest]);
}

function malformed(): never {
  throw new MalformedProtobuf("The protobuf body is malformed.");
}
