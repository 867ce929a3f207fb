/** Telemetry as agents post it (OpenTelemetry over HTTP), decoded to the little the core reads: names, numbers, attributes. */

export type TelemetryAttributes = Readonly<Record<string, string | number | boolean>>;

/** One log record. Attributes of resource, scope and record are one bag; the record's own win. */
export interface TelemetryLog {
  /** The `event.name` attribute, else the record's event name, else its text; empty where there is none. */
  readonly name: string;
  /** Wall-clock ms; undefined where the sender gave no time. */
  readonly atMs: number | undefined;
  readonly attributes: TelemetryAttributes;
}

/** One number of a counter, a gauge or a histogram (its sum). */
export interface TelemetryPoint {
  readonly name: string;
  readonly startMs: number | undefined;
  readonly atMs: number | undefined;
  readonly value: number;
  readonly temporality: "delta" | "cumulative" | "unspecified";
  readonly attributes: TelemetryAttributes;
}

export interface TelemetryBatch {
  readonly logs: readonly TelemetryLog[];
  readonly points: readonly TelemetryPoint[];
}

/** Takes a batch; it must not wait, because the agent's exporter does. */
export type TelemetryHandler = (batch: TelemetryBatch) => void;
