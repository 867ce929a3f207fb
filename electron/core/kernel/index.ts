/** The kernel's door: scopes, actors and supervisors, pure of processes, files and real time. */
export { spawnActor } from "./actor.ts";
export type {
  ActorContext,
  ActorDefinition,
  ActorDeps,
  ActorError,
  ActorErrorCode,
  ActorRef,
  AskOptions,
  HandlerResult,
  TellOptions,
} from "./actor.ts";
export { backoffDelayMs } from "./backoff.ts";
export { Mailbox, PRIORITIES } from "./mailbox.ts";
export type {
  DropReason,
  MailboxError,
  MailboxErrorCode,
  MailboxEvent,
  MailboxOptions,
  OverflowPolicy,
  PostOptions,
  Priority,
} from "./mailbox.ts";
export { RefusalTally } from "./refusalTally.ts";
export { Scope } from "./scope.ts";
export type { Dispose } from "./scope.ts";
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
