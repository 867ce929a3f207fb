/** Metering of one agent's life: whatever source tells of its tokens ends here. Implemented by the telemetry slice. */
import type { Result } from "#shared/model/result.ts";
import type { HookPayload } from "./hookIngest.ts";
import type { Environment } from "./machine.ts";
import type { TelemetryBatch } from "./telemetry.ts";
import type { UsageReport } from "./usage.ts";
import type { PrintedUsage, UsageAdapter } from "./usageAdapter.ts";

export interface MeteredLife {
  readonly sessionId: string;
  readonly agent: string;
  readonly usage: UsageAdapter | undefined;
  readonly printed: PrintedUsage | undefined;
  readonly cwd: string;
  /** The child's own variables, on top of the login shell's. */
  readonly env: Environment;
  readonly cliSessionId: string | undefined;
  /** ISO 8601; what the CLI wrote before is not this life's. */
  readonly startedAt: string;
  /** It worked on while no core was there to hear it. */
  readonly wasUnheard: boolean;
}

export interface LifeMeter {
  /** What the agent printed, consecutive. */
  output(bytes: Uint8Array): void;
  telemetry(batch: TelemetryBatch): void;
  telemetryRefused(why: string): void;
  /** What a program of the agent tells of one request. Error: bad_request, which is recorded. */
  told(payload: HookPayload): Result<void>;
  /** What was told at the hook door and not taken. */
  toldRefused(why: string): void;
  /** What the observer was told by the CLI itself. */
  report(report: UsageReport): void;
  identified(cliSessionId: string): void;
  /** The life is over: its transcripts are read to their end. */
  ended(): void;
  /** This core lets go; the life may go on. */
  dispose(): void;
}

export interface LifeMetering {
  begin(life: MeteredLife): LifeMeter;
}
