/** The kernel's door: supervision and actors, pure of processes, files and real time. */
export { backoffDelayMs } from "./backoff.ts";
export { describeReason } from "./strategies.ts";
export { startSupervisor } from "./supervisor.ts";
export type { StartSupervisorResult } from "./supervisor.ts";
export type { SupervisorDeps } from "./supervisorCore.ts";
export type {
  BackoffPolicy,
  ChildHandle,
  ChildInfo,
  ChildSpec,
  ChildStatus,
  DeleteChildResult,
  ExitReason,
  RestartChildResult,
  Shutdown,
  StartChildResult,
  StartContext,
  StartOutcome,
  SupervisorEvent,
  SupervisorRef,
  SupervisorSpec,
  TerminateChildResult,
} from "./types.ts";
