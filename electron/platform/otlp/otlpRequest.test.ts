import { gzipSync } from "node:zlib";

import { ProtobufLogsSerializer, ProtobufMetricsSerializer } from "@opentelemetry/otlp-transformer";
import { describe, expect, it } from "vitest";

import type { TelemetryBatch } from "#core/ports/telemetry.ts";
import { answerOtlp, type OtlpAnswer, type OtlpRequest } from "./otlpRequest.ts";

interface Outcome extends OtlpAnswer {
  readonly batches: readonly TelemetryBatch[];
  readonly refused: readonly string[];
}

async function send(request: Partial<OtlpRequest> & { readonly body: Buffer }): Promise<Outcome> {
  const batches: TelemetryBatch[] = [];
  const refused: string[] = [];
  const answer = await answerOtlp(
    { signal: "logs", contentType: "application/json", contentEncoding: "", ...request },
    { telemetry: (batch) => void batches.push(batch), telemetryRefused: (why) => void refused.push(why) },
  );
  return { ...answer, batches, refused };
}

const attribute = (key: string, value: object): object => ({ key, value });
const logsBody = (records: readonly object[]): Buffer =>
  Buffer.from(
    JSON.stringify({
      resourceLogs: [
        {
          resource: { attributes: [attribute("service.name", { stringValue: "claude-code" })] },
          scopeLogs: [{ scope: { name: "events" }, logRecords: records }],
        },
      ],
    }),
  );
const pointsBody = (dataPoints: readonly object[], temporality: unknown = 1): Buffer =>
  Buffer.from(
    JSON.stringify({
      resourceMetrics: [
        { scopeMetrics: [{ metrics: [{ name: "tokens", sum: { aggregationTemporality: temporality, dataPoints } }] }] },
      ],
    }),
  );

describe("OTLP over HTTP", () => {
  it("reads a JSON log record with its numbers, whichever way they are written", async () => {
    const record = {
      timeUnixNano: "1795875780002000000",
      body: { stringValue: "claude_code.api_request" },
      attributes: [
        attribute("event.name", { stringValue: "api_request" }),
        attribute("input_tokens", { intValue: 1001 }),
        attribute("output_tokens", { intValue: "101" }),
        attribute("cost_usd", { doubleValue: 0.0085 }),
        attribute("ok", { boolValue: true }),
        attribute("list", { arrayValue: { values: [] } }),
      ],
    };
    const { status, batches } = await send({ body: logsBody([record]) });
    expect(status).toBe(200);
    expect(batches[0]?.logs).toEqual([
      {
        name: "api_request",
        atMs: 1_795_875_780_002,
        attributes: {
          "service.name": "claude-code",
          "event.name": "api_request",
          input_tokens: 1001,
          output_tokens: 101,
          cost_usd: 0.0085,
          ok: true,
        },
      },
    ]);
  });

  it("reads what OpenTelemetry's own protobuf encoder writes as it reads JSON", async () => {
    const body = ProtobufLogsSerializer.serializeRequest([
      officialLog({ input_tokens: 1001, big: -7, rate: 0.25, ok: true }),
    ]);
    const { status, batches, contentType } = await send({
      contentType: "application/x-protobuf",
      body: Buffer.from(body ?? []),
    });
    expect({ status, contentType }).toEqual({ status: 200, contentType: "application/x-protobuf" });
    expect(batches[0]?.logs).toEqual([
      {
        name: "api_request",
        atMs: 1_795_875_780_002,
        attributes: {
          "service.name": "claude-code",
          "event.name": "api_request",
          input_tokens: 1001,
          big: -7,
          rate: 0.25,
          ok: true,
        },
      },
    ]);
  });

  it("reads counters and histograms of OpenTelemetry's own encoder with their temporality", async () => {
    const body = ProtobufMetricsSerializer.serializeRequest(officialMetrics());
    const { batches } = await send({
      signal: "metrics",
      contentType: "application/x-protobuf",
      body: Buffer.from(body ?? []),
    });
    expect(
      batches[0]?.points.map(({ name, value, temporality, startMs, atMs }) => ({
        name,
        value,
        temporality,
        startMs,
        atMs,
      })),
    ).toEqual([
      { name: "claude_code.token.usage", value: 1001, temporality: "delta", startMs: 1000, atMs: 2000 },
      { name: "gen_ai.client.token.usage", value: 6002, temporality: "cumulative", startMs: 1000, atMs: 2000 },
    ]);
  });

  it("unpacks gzip", async () => {
    const { status, batches } = await send({ contentEncoding: "gzip", body: gzipSync(logsBody([{}, {}])) });
    expect(status).toBe(200);
    expect(batches[0]?.logs).toHaveLength(2);
  });

  it.each([
    ["a gzip bomb", { contentEncoding: "gzip", body: gzipSync(Buffer.alloc(64 * 1024 * 1024)) }, 413],
    ["broken gzip", { contentEncoding: "gzip", body: Buffer.from("nonsense") }, 400],
    ["another packing", { contentEncoding: "zstd", body: Buffer.from("x") }, 415],
    ["broken JSON", { body: Buffer.from("{") }, 400],
    ["a JSON list", { body: Buffer.from("[]") }, 400],
    ["text", { contentType: "text/plain", body: Buffer.from("x") }, 415],
    ["broken protobuf", { contentType: "application/x-protobuf", body: Buffer.from([0x0a, 0xff, 0xff, 0x03]) }, 400],
    ["an endless varint", { contentType: "application/x-protobuf", body: Buffer.alloc(12, 0xff) }, 400],
    ["a wrong wire type", { contentType: "application/x-protobuf", body: Buffer.from([0x08, 0x01]) }, 400],
  ] as const)("refuses %s with a status no exporter repeats, and says so", async (_what, request, status) => {
    const outcome = await send(request);
    expect(outcome.status).toBe(status);
    expect(outcome.batches).toEqual([]);
    expect(outcome.refused).toHaveLength(1);
  });

  it("takes foreign and hostile shapes for what they are: nothing", async () => {
    const bodies = [
      { resourceLogs: 7 },
      {
        resourceLogs: [
          null,
          3,
          { scopeLogs: [{ logRecords: [{ attributes: [{ key: "__proto__", value: { stringValue: "x" } }] }] }] },
        ],
      },
    ];
    for (const body of bodies) {
      const { status, batches } = await send({ body: Buffer.from(JSON.stringify(body)) });
      expect(status).toBe(200);
      for (const { attributes } of batches[0]?.logs ?? []) expect(Object.keys(attributes)).toEqual([]);
    }
  });

  it("answers partial success where points carry no number or an absurd one", async () => {
    const points = [{ asInt: "5" }, {}, { asInt: "99999999999999999999" }];
    const { body, batches, refused } = await send({ signal: "metrics", body: pointsBody(points) });
    expect(JSON.parse(body.toString())).toMatchObject({ partialSuccess: { rejectedDataPoints: "2" } });
    expect(batches[0]?.points).toHaveLength(1);
    expect(refused).toHaveLength(1);
  });

  it("takes at most 10,000 records of one batch and says how many it left", async () => {
    const { body, batches } = await send({ body: logsBody(Array.from({ length: 10_003 }, () => ({}))) });
    expect(batches[0]?.logs).toHaveLength(10_000);
    expect(JSON.parse(body.toString())).toMatchObject({ partialSuccess: { rejectedLogRecords: "3" } });
  });

  it("takes traces and reads none", async () => {
    const { status, batches } = await send({ signal: "traces", body: Buffer.from("not even JSON") });
    expect({ status, batches }).toEqual({ status: 200, batches: [] });
  });
});

const RESOURCE = { attributes: { "service.name": "claude-code" }, asyncAttributesPending: false };
const SCOPE = { name: "events", version: "1" };

type LogRecord = Parameters<typeof ProtobufLogsSerializer.serializeRequest>[0][number];
type Metrics = Parameters<typeof ProtobufMetricsSerializer.serializeRequest>[0];

function officialLog(attributes: Record<string, number | boolean>): LogRecord {
  return {
    hrTime: [1_795_875_780, 2_000_000],
    hrTimeObserved: [1_795_875_780, 2_000_000],
    body: "claude_code.api_request",
    resource: RESOURCE,
    instrumentationScope: SCOPE,
    attributes: { "event.name": "api_request", ...attributes },
    droppedAttributesCount: 0,
  } as unknown as LogRecord;
}

function officialMetrics(): Metrics {
  const point = { startTime: [1, 0], endTime: [2, 0], attributes: { type: "input" } };
  const descriptor = (name: string): object => ({
    name,
    description: "",
    unit: "tokens",
    type: "COUNTER",
    valueType: 0,
  });
  return {
    resource: RESOURCE,
    scopeMetrics: [
      {
        scope: SCOPE,
        metrics: [
          {
            descriptor: descriptor("claude_code.token.usage"),
            aggregationTemporality: 0,
            dataPointType: 3,
            isMonotonic: true,
            dataPoints: [{ ...point, value: 1001 }],
          },
          {
            descriptor: descriptor("gen_ai.client.token.usage"),
            aggregationTemporality: 1,
            dataPointType: 0,
            dataPoints: [
              { ...point, value: { sum: 6002, count: 1, min: 1, max: 2, buckets: { boundaries: [], counts: [1] } } },
            ],
          },
        ],
      },
    ],
  } as unknown as Metrics;
}
