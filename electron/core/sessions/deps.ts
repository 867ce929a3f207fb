/** Everything the sessions slice is given; nothing is reached for. */
import type { AgentSpec } from "#shared/model/fleetFile.ts";
import type { AgentAdapter, AgentAsk } from "#core/ports/agentAdapter.ts";
import type { AgentDesk } from "#core/ports/agentDesk.ts";
import type { Brakes } from "#core/ports/brakes.ts";
import type { Clock } from "#core/ports/clock.ts";
import type { Gateway } from "#core/ports/gateway.ts";
import type { Ingest } from "#core/ports/ingest.ts";
import type { LifeMetering } from "#core/ports/lifeMeter.ts";
import type { Environment } from "#core/ports/machine.ts";
import type { Logger } from "#core/ports/logger.ts";
import type { OutputLog } from "#core/ports/outputLog.ts";
import type { PtyHost } from "#core/ports/ptyHost.ts";
import type { RecordingArchive } from "#core/ports/recordingArchive.ts";
import type { Screens } from "#core/ports/screens.ts";
import type { Resources } from "#core/ports/resources.ts";
import type { Recorder, Store } from "#core/store/index.ts";
import type { GateRules, StartGate } from "./startGate.ts";

/** Told to policies: what an agent asked of a person, and that it no longer does. */
export interface AskListener {
  asked(path: string, sessionId: string, ask: AgentAsk): void;
  ended(
    sessionId: string,
    askId: string,
    end: { readonly how: "answered" | "withdrawn"; readonly answer?: string | undefined },
  ): void;
  /** Whatever the session still asks is void: it ended, or went on by itself. */
  lifeEnded(sessionId: string): void;
}

/** Told to whoever keeps recordings. */
export interface RecordingListener {
  /** The keeper has begun a new segment of its log. */
  sealed(sessionId: string): void;
  ended(sessionId: string): void;
}

/** What the sessions need of the gateway; the policy behind it knows budgets and ledger. */
export interface SessionMetering {
  /** Whether a person turned it on, for all agents or for this one. */
  isWanted(spec: AgentSpec): boolean;
  /** Opened at the first life that goes through it. */
  open(): Promise<Gateway | undefined>;
  environment(): Promise<Environment>;
}

export interface SessionDeps {
  readonly adapters: readonly AgentAdapter[];
  readonly ptyHost: PtyHost;
  readonly screens: Screens;
  readonly outputLog: OutputLog;
  readonly archive: Pick<RecordingArchive, "screenAt">;
  readonly recordings: RecordingListener;
  readonly store: Store;
  readonly recorder: Recorder;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Opened at the first life: no listening port before. */
  readonly ingest: () => Promise<Ingest | undefined>;
  readonly metering: SessionMetering;
  /** Its MCP tools; undefined: its fleet file gives it none. */
  readonly desk: (path: string, sessionId: string) => AgentDesk | undefined;
  readonly asks: AskListener;
  readonly lifeMeters: LifeMetering;
  readonly brakes: Brakes;
  /** Directory for one session's settings files. */
  readonly filesDir: (sessionId: string) => string;
  readonly newId: () => string;
  readonly newToken: () => string;
  /** Something changed that decides whether a message could be typed into it. */
  readonly moment: (path: string) => void;
  /** Every start asks it whether the machine has room. */
  readonly gate: StartGate;
}

/** What the slice is given from outside: the gate it builds itself. */
export interface SessionsDeps extends Omit<SessionDeps, "gate" | "moment"> {
  readonly resources: Resources;
  readonly gateRules: () => GateRules;
}
