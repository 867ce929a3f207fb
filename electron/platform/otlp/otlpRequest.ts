/** One OTLP/HTTP export: unpacked, decoded, handed over, answered as the protocol wants it. */
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import type { IngestHandlers } from "#core/ports/ingest.ts";
import { decodeLogs, decodeMetrics, encodePartialSuccess, MalformedProtobuf } from "./otlpProtobuf.ts";
import { readLogs, readMetrics, type Reading } from "./otlpShape.ts";

export type TelemetrySignal = "logs" | "metrics" | "traces";

export interface OtlpRequest {
  readonly signal: TelemetrySignal;
  readonly contentType: string;
  readonly contentEncoding: string;
  readonly body: Buffer;
}

export interface OtlpAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: Buffer;
}

/** A batch of 512 records with their texts is some 300 KB; a bomb of 1:1000 is stopped here. */
const MAX_UNPACKED = 8 * 1024 * 1024;
const REJECTED = "Without a number, or more than 10,000 at once.";
const unpack = promisify(gunzip);

type Takers = Pick<IngestHandlers, "telemetry" | "telemetryRefused">;

/** Refusals are answers, too: 400 is not sent again, 415 names what is spoken here. Nothing of a body is kept. */
export async function answerOtlp(request: OtlpRequest, takers: Takers): Promise<OtlpAnswer> {
  const refusal = (status: number, encoding: Encoding, why: string): OtlpAnswer => {
    takers.telemetryRefused?.(why);
    return refused(status, encoding, why);
  };
  const encoding = encodingOf(request.contentType);
  if (encoding === undefined)
    return refusal(415, "json", "OTLP is spoken here as application/json or application/x-protobuf.");
  // Traces are taken so that an exporter does not complain, and not read.
  if (request.signal === "traces") return accepted(encoding, { rejected: 0, why: "" });
  const body = await unpacked(request);
  if (body === "too large") return refusal(413, encoding, "The body is larger than 8 MB when unpacked.");
  if (body === "unknown") return refusal(415, encoding, "Only gzip is unpacked here.");
  if (body === "malformed") return refusal(400, encoding, "The gzip body is malformed.");
  const reading = read(request.signal, encoding, body);
  if (reading === undefined) return refusal(400, encoding, "The body is not an OTLP export.");
  takers.telemetry?.(reading.batch);
  if (reading.rejected > 0) takers.telemetryRefused?.(`${reading.rejected} of its records: ${REJECTED}`);
  return accepted(encoding, { rejected: reading.rejected, why: REJECTED });
}

type Encoding = "json" | "protobuf";

function encodingOf(contentType: string): Encoding | undefined {
  const type = contentType.split(";")[0]?.trim().toLowerCase();
  if (type === "application/json") return "json";
  return type === "application/x-protobuf" ? "protobuf" : undefined;
}

async function unpacked(request: OtlpRequest): Promise<Buffer | "too large" | "malformed" | "unknown"> {
  const packing = request.contentEncoding.trim().toLowerCase();
  if (packing === "" || packing === "identity") return request.body;
  if (packing !== "gzip") return "unknown";
  try {
    return await unpack(request.body, { maxOutputLength: MAX_UNPACKED });
  } catch (error) {
    return error instanceof RangeError ? "too large" : "malformed";
  }
}

function read(signal: "logs" | "metrics", encoding: Encoding, body: Buffer): Reading | undefined {
  try {
    if (encoding === "protobuf")
      return signal === "logs" ? readLogs(decodeLogs(body)) : readMetrics(decodeMetrics(body));
    const parsed: unknown = JSON.parse(body.toString("utf8"));
    if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) return undefined;
    return signal === "logs" ? readLogs(parsed) : readMetrics(parsed);
  } catch (error) {
    if (error instanceof MalformedProtobuf || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function accepted(encoding: Encoding, partial: { rejected: number; why: string }): OtlpAnswer {
  if (encoding === "protobuf")
    return {
      status: 200,
      contentType: "application/x-protobuf",
      body: encodePartialSuccess(partial.rejected, partial.why),
    };
  // One field name per signal in JSON; a reader takes the one it knows.
  const { rejected, why } = partial;
  const said = { rejectedLogRecords: String(rejected), rejectedDataPoints: String(rejected), errorMessage: why };
  const answer = rejected === 0 ? {} : { partialSuccess: said };
  return { status: 200, contentType: "application/json", body: Buffer.from(JSON.stringify(answer)) };
}

/** google.rpc.Status: `message` is field 2. */
function refused(status: number, encoding: Encoding, message: string): OtlpAnswer {
  if (encoding === "json")
    return { status, contentType: "application/json", body: Buffer.from(JSON.stringify({ message })) };
  const words = Buffer.from(message, "utf8");
  return {
    status,
    contentType: "application/x-protobuf",
    body: Buffer.concat([Buffer.from([0x12, words.length]), words]),
  };
}
