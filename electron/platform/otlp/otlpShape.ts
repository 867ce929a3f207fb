/**
 * What OTLP bodies become before they are read: plain objects in the names of OTLP/JSON, whichever encoding they came in.
 * Only the fields this program reads exist here; everything else of a body is passed over.
 */
import type { TelemetryAttributes, TelemetryBatch, TelemetryLog, TelemetryPoint } from "#core/ports/telemetry.ts";

/** More records than any exporter sends at once; the rest is refused and said so. */
const MAX_RECORDS = 10_000;
/** Attribute text beyond this is cut: only names and numbers are read. */
const MAX_TEXT = 4_096;
const MAX_ATTRIBUTES = 256;

export interface Reading {
  readonly batch: TelemetryBatch;
  /** Records that were there but could not be taken. */
  readonly rejected: number;
}

export function readLogs(body: unknown): Reading {
  const logs: TelemetryLog[] = [];
  let rejected = 0;
  for (const { shared, scope } of scopes(body, { resources: "resourceLogs", scopes: "scopeLogs" })) {
    for (const record of items(scope, "logRecords")) {
      if (logs.length < MAX_RECORDS) logs.push(readLog(record, shared));
      else rejected += 1;
    }
  }
  return { batch: { logs, points: [] }, rejected };
}

export function readMetrics(body: unknown): Reading {
  const points: TelemetryPoint[] = [];
  let rejected = 0;
  for (const { shared, scope } of scopes(body, { resources: "resourceMetrics", scopes: "scopeMetrics" })) {
    for (const point of items(scope, "metrics").flatMap((metric) => readMetric(metric, shared))) {
      if (point !== undefined && points.length < MAX_RECORDS) points.push(point);
      else rejected += 1;
    }
  }
  return { batch: { logs: [], points }, rejected };
}

function* scopes(
  body: unknown,
  names: { readonly resources: string; readonly scopes: string },
): Generator<{ readonly shared: TelemetryAttributes; readonly scope: Fields }> {
  for (const resource of items(body, names.resources)) {
    const base = bag({}, fields(resource["resource"]));
    for (const scope of items(resource, names.scopes)) yield { shared: bag(base, fields(scope["scope"])), scope };
  }
}

function readLog(record: Fields, shared: TelemetryAttributes): TelemetryLog {
  const attributes = bag(shared, record);
  const own = attributes["event.name"];
  const named = text(record["eventName"]) ?? text(fields(record["body"])["stringValue"]) ?? "";
  return {
    name: typeof own === "string" ? own : named,
    atMs: millis(record["timeUnixNano"]) ?? millis(record["observedTimeUnixNano"]),
    attributes,
  };
}

function readMetric(metric: Fields, shared: TelemetryAttributes): readonly (TelemetryPoint | undefined)[] {
  const data = fields(metric["sum"] ?? metric["histogram"] ?? metric["gauge"]);
  const name = text(metric["name"]) ?? "";
  const temporality = temporalityOf(data["aggregationTemporality"]);
  return items(data, "dataPoints").map((point) => {
    const value = number(point["asInt"]) ?? number(point["asDouble"]) ?? number(point["sum"]);
    if (value === undefined) return undefined;
    const startMs = millis(point["startTimeUnixNano"]);
    return { name, startMs, atMs: millis(point["timeUnixNano"]), value, temporality, attributes: bag(shared, point) };
  });
}

/** The enum as a number (both encodings), or by its name as some JSON exporters write it. */
function temporalityOf(value: unknown): TelemetryPoint["temporality"] {
  if (value === 1 || value === "AGGREGATION_TEMPORALITY_DELTA") return "delta";
  return value === 2 || value === "AGGREGATION_TEMPORALITY_CUMULATIVE" ? "cumulative" : "unspecified";
}

function bag(base: TelemetryAttributes, holder: Fields): TelemetryAttributes {
  const found: Record<string, string | number | boolean> = { ...base };
  for (const attribute of items(holder, "attributes").slice(0, MAX_ATTRIBUTES)) {
    const { key } = attribute;
    const plain = plainValue(fields(attribute["value"]));
    if (typeof key === "string" && key !== "__proto__" && plain !== undefined) found[key] = plain;
  }
  return found;
}

/** Lists and maps are passed over: nothing that is read here comes in them. */
function plainValue(value: Fields): string | number | boolean | undefined {
  if (typeof value["boolValue"] === "boolean") return value["boolValue"];
  return text(value["stringValue"]) ?? number(value["intValue"]) ?? number(value["doubleValue"]);
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value.slice(0, MAX_TEXT) : undefined;
}

/** 64-bit numbers are strings in OTLP/JSON and bigints in protobuf; what no double holds exactly is not taken. */
function number(value: unknown): number | undefined {
  if (typeof value === "number") return Number.isFinite(value) ? value : undefined;
  if (typeof value === "string" && !/^-?\d{1,20}$/.test(value)) return undefined;
  if (typeof value !== "string" && typeof value !== "bigint") return undefined;
  const whole = Number(value);
  return Number.isSafeInteger(whole) ? whole : undefined;
}

function millis(nanos: unknown): number | undefined {
  if (typeof nanos === "string" && !/^\d{1,20}$/.test(nanos)) return undefined;
  if (typeof nanos !== "string" && typeof nanos !== "bigint" && typeof nanos !== "number") return undefined;
  const ms = typeof nanos === "number" ? Math.round(nanos / 1e6) : Number(BigInt(nanos) / 1_000_000n);
  return Number.isFinite(ms) && ms > 0 ? ms : undefined;
}

type Fields = Readonly<Record<string, unknown>>;

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function fields(value: unknown): Fields {
  return isFields(value) ? value : {};
}

function items(holder: unknown, name: string): readonly Fields[] {
  const list = fields(holder)[name];
  return Array.isArray(list) ? list.filter((item) => isFields(item)) : [];
}
