/** What the fleets slice needs of an agent: lives that start, end and tell how they are. Implemented by the sessions slice. */
import type { AgentSpec } from "#shared/model/fleetFile.ts";
import type { LifeMode } from "#shared/model/node.ts";
import type { Result } from "#shared/model/result.ts";
import type { ExitCause, NodeState } from "#shared/model/states.ts";
import type { StartContext, StartOutcome } from "#core/kernel/index.ts";

/** The current or last life of an agent, for the tree. */
export interface AgentView {
  /** A process of the current life runs (or is being spawned). */
  readonly alive: boolean;
  /** Meaningful while alive: starting, idle, busy, waiting…, paused, stopping. */
  readonly state: NodeState;
  readonly sinceMs: number;
  readonly detail?: string;
  readonly mode?: LifeMode;
  readonly generation: number;
  readonly pid?: number;
  readonly sessionId?: string;
  readonly cliSessionId?: string;
  readonly startedAtMs?: number;
  readonly exitCause?: ExitCause;
  readonly exitDetail?: string;
  /** A parked agent, or one that waits for its start, may go on at this wall-clock time. */
  readonly parkUntilMs?: number;
  readonly pauseKind?: "frozen" | "held";
  /** Its start waits until the machine has room; `detail` says for what. */
  readonly queued?: true;
  /** The keeper cannot be told to be dead or alive. */
  readonly unreachable: boolean;
}

export interface AgentStart {
  readonly context: StartContext;
  /** A new conversation instead of the CLI's own session id. */
  readonly fresh?: boolean;
  /** At boot: take over what runs or ended meanwhile, start nothing new. */
  readonly adoptOnly?: boolean;
  /** At boot: wait this long before the process is started (the start itself returns at once). */
  readonly delayMs?: number;
  /** The wait is what was left of a backoff when the app ended. */
  readonly inBackoff?: boolean;
}

export interface AgentChild {
  readonly view: AgentView;
  start(request: AgentStart): Promise<StartOutcome>;
  /** Ends the wait of a delayed start: the process is started now. False when none waits. */
  hurry(): boolean;
  pause(): Promise<Result<{ pauseKind: "frozen" | "held"; note?: string }>>;
  resume(): Promise<Result<void>>;
  /** Resolves when the current turn is over (at once where turns cannot be told). */
  turnOver(): Promise<void>;
  /** Ends whatever earlier lives left running in the background. */
  sweep(): Promise<void>;
  /** The specification of the next life. */
  update(spec: AgentSpec): void;
  /** No life left; forgets listeners. */
  dispose(): void;
}

export interface AgentRunner {
  child(path: string, spec: AgentSpec, onChange: () => void): AgentChild;
  /** What `recover` found for this path: alive in the keeper, ended while the core was away, lost with its keeper, or nothing. */
  leftover(path: string): "alive" | "ended" | "lost" | "none";
}
