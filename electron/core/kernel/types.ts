/** The supervision vocabulary: specifications are data, a child is anything with a life (semantics.md 1.1). */
import type { RestartType, Strategy } from "#shared/model/states.ts";

/** Why a child's life ended, as the supervisor sees it. */
export type ExitReason =
  | { readonly type: "normal" }
  | { readonly type: "shutdown"; readonly detail?: string }
  | { readonly type: "crash"; readonly detail: string }
  | { readonly type: "killed" }
  /** Not a failure and not an end: the child waits for a limit, a login or a person. Counts nothing, restarts nothing. */
  | { readonly type: "parked"; readonly detail: string }
  /** The ground under it went away (the session keeper died): restarted by the strategy, never counted. */
  | { readonly type: "lost"; readonly detail: string };

/** A running child. `exited` resolves exactly once and never rejects; it is the monitor of semantics.md 1.1. */
export interface ChildHandle {
  readonly exited: Promise<ExitReason>;
  /** Polite request to end; the supervisor waits `shutdown` ms for `exited` and then calls `kill`. */
  shutdown(): void;
  /** Ends it and everything it started, now. */
  kill(): void;
}

export type StartOutcome =
  | { readonly type: "started"; readonly child: ChildHandle }
  /** The child chose not to run; the spec stays (dropped for temporary and under simple_one_for_one). */
  | { readonly type: "ignore" }
  | { readonly type: "error"; readonly reason: ExitReason };

export interface StartContext {
  /** `initial`: its supervisor starts; `automatic`: a restart by strategy; `requested`: an admin call of a person. */
  readonly occasion: "initial" | "automatic" | "requested";
  /** Aborted when the supervisor is told to stop while the start is under way. */
  readonly signal: AbortSignal;
  /** The child that starts; under simple_one_for_one the instance's id. */
  readonly childId: string;
}

/** delay(n) = min(max, initial * factor^n) * (1 + random*jitter); attempt 0 after a stable life is immediate. */
export interface BackoffPolicy {
  readonly initialMs: number;
  readonly maxMs: number;
  readonly factor: number;
  /** 0.2 adds up to 20 %. */
  readonly jitter: number;
  /** A life this long resets the attempt counter. */
  readonly resetAfterMs: number;
}

/** Integer ms, `infinity` (wait forever) or `brutal_kill` (do not ask). */
export type Shutdown = number | "infinity" | "brutal_kill";

export interface ChildSpec {
  readonly id: string;
  readonly start: (context: StartContext) => Promise<StartOutcome>;
  /** Default permanent. */
  readonly restart?: RestartType;
  /** Default false. */
  readonly significant?: boolean;
  /** Default worker. */
  readonly type?: "worker" | "supervisor";
  /** Default 5000 for a worker, infinity for a supervisor. */
  readonly shutdown?: Shutdown;
  /** None: restarts are immediate, as in OTP. */
  readonly backoff?: BackoffPolicy;
}

export interface SupervisorSpec {
  readonly name: string;
  /** Default one_for_one. */
  readonly strategy?: Strategy;
  /** Default 1. */
  readonly intensity?: number;
  /** Whole seconds, integer > 0, default 5. The window is inclusive: restarts in [now - periodS, now] count. */
  readonly periodS?: number;
  readonly autoShutdown?: "never" | "any_significant" | "all_significant";
  readonly children: readonly ChildSpec[];
  /** simple_one_for_one only: at most this many, restarting ones included. */
  readonly maxChildren?: number;
  /** Wall-clock seconds of restarts counted before this supervisor object existed (they survive an app restart). */
  readonly earlierRestarts?: readonly number[];
}

export type ChildStatus = "running" | "undefined" | "restarting" | "parked";

export interface ChildInfo {
  readonly id: string;
  readonly status: ChildStatus;
  readonly type: "worker" | "supervisor";
  readonly restart: RestartType;
  readonly significant: boolean;
}

export type StartChildResult =
  | { readonly code: "ok"; readonly id: string }
  | { readonly code: "ignored" }
  | { readonly code: "already_started" | "already_present" | "max_children" | "stopping" }
  | { readonly code: "invalid"; readonly message: string }
  | { readonly code: "start_error"; readonly reason: ExitReason };
export type TerminateChildResult = { readonly code: "ok" | "not_found" | "stopping" };
export type RestartChildResult =
  | { readonly code: "ok" | "ignored" | "running" | "restarting" | "not_found" | "stopping" }
  | { readonly code: "start_error"; readonly reason: ExitReason };
export type DeleteChildResult = { readonly code: "ok" | "running" | "restarting" | "not_found" | "stopping" };

/** What a supervisor reports, in order, to its one observer. Times are wall-clock ms. */
export type SupervisorEvent =
  | { readonly type: "child_started"; readonly id: string; readonly occasion: StartContext["occasion"] }
  | { readonly type: "child_exited"; readonly id: string; readonly reason: ExitReason }
  /** A child ended because the supervisor asked it to: a sibling's failure, a stop, an admin call. */
  | {
      readonly type: "child_terminated";
      readonly id: string;
      readonly because: "sibling" | "shutdown" | "requested";
      readonly causedBy?: string;
    }
  | { readonly type: "shutdown_error"; readonly id: string; readonly reason: ExitReason }
  /** One per triggering failure; `restartsInWindow` includes it. */
  | { readonly type: "restart_counted"; readonly id: string; readonly at: number; readonly restartsInWindow: number }
  | {
      readonly type: "restart_scheduled";
      readonly id: string;
      readonly delayMs: number;
      readonly at: number;
      readonly attempt: number;
    }
  | { readonly type: "start_failed"; readonly id: string; readonly reason: ExitReason }
  | { readonly type: "child_removed"; readonly id: string }
  | { readonly type: "intensity_reached"; readonly id: string; readonly reason: ExitReason }
  | { readonly type: "auto_shutdown"; readonly id: string }
  | { readonly type: "stopped"; readonly reason: ExitReason };

/** A running supervisor; itself a ChildHandle, so that trees are made of supervisors. */
export type SupervisorRules = Pick<SupervisorSpec, "strategy" | "intensity" | "periodS" | "autoShutdown">;

export interface SupervisorRef extends ChildHandle {
  readonly name: string;
  /** `before`: its place in the start order; at the end without it, as in OTP. */
  startChild(spec: ChildSpec, place?: { readonly before?: string }): Promise<StartChildResult>;
  /** Adds a specification without starting it (status `undefined`); `already_present` or `already_started` when the id is taken. */
  addSpec(spec: ChildSpec, place?: { readonly before?: string }): Promise<StartChildResult>;
  /** New rules for a child that stays as it is, running or not: they hold from its next exit or start on. */
  replaceSpec(
    spec: ChildSpec,
  ): Promise<
    { readonly code: "ok" | "not_found" | "stopping" } | { readonly code: "invalid"; readonly message: string }
  >;
  /** Other rules for this supervisor, which goes on with its children and counts; not from or to simple_one_for_one. */
  setRules(
    rules: SupervisorRules,
  ): Promise<{ readonly code: "ok" | "stopping" } | { readonly code: "invalid"; readonly message: string }>;
  /** simple_one_for_one: starts one more instance of the template under this id. */
  startInstance(id: string): Promise<StartChildResult>;
  terminateChild(id: string): Promise<TerminateChildResult>;
  restartChild(id: string): Promise<RestartChildResult>;
  deleteChild(id: string): Promise<DeleteChildResult>;
  /** Reverse start order. */
  whichChildren(): Promise<readonly ChildInfo[]>;
  countChildren(): Promise<{ specs: number; active: number; supervisors: number; workers: number }>;
  /** Ends the children in reverse start order, then itself; resolves when all is gone. */
  stop(): Promise<void>;
}
