/** What the runner needs of others to get a step done. Each is joined by a policy; without it the step says so. */
import type { Result } from "#shared/model/result.ts";
import type { Entry, SnapshotRef } from "#shared/model/workflow.ts";
import type { CallSpec, StepSpec } from "#shared/model/workflowFile.ts";

export interface Work {
  readonly run: string;
  readonly fleet: string;
  readonly step: StepSpec;
  /** What the step did is to be taken back. */
  readonly isUndo: boolean;
  readonly contextId: string;
  /** The same attempt has the same key, also after a crash. */
  readonly key: string;
  readonly timeoutMs: number;
}

export interface ToolWork extends Work {
  readonly call: Extract<CallSpec, { kind: "tool" }>;
  readonly args: Readonly<Record<string, unknown>>;
  /** Not from a cache. */
  readonly fresh: boolean;
}

export interface AgentWork extends Work {
  /** Its id in the fleet. */
  readonly agent: string;
  readonly ask: string;
  readonly memory: string | undefined;
  readonly tokens: number | undefined;
}

export type AgentPart = Pick<AgentWork, "fleet" | "agent" | "step" | "key">;

export interface Hands {
  /** Rejects nothing: what went wrong is a code and a sentence. */
  callTool(work: ToolWork): Promise<Result<unknown>>;
  /** What an earlier call with this key answered; undefined: nobody knows. */
  recall(key: string): Result<unknown> | undefined;
  /** Puts the step into the agent's mailbox; what it answers arrives by `report` and `complete`. */
  askAgent(work: AgentWork): Promise<Result<void>>;
  /** The agent's part in the step is over: work that it has not begun is taken back. Answers the tokens it used of those it was given. */
  released(work: AgentPart, given: number | undefined): number;
  /** What it used of them so far. */
  used(agent: Pick<AgentPart, "fleet" | "agent">, given: number): number;
  /** Puts a step's output into the run's context and keeps the memory as it then stands. */
  remember(entry: Entry, output: unknown): Promise<SnapshotRef | undefined>;
  /** The words of a memory, for one who begins with it. */
  hydrate(snapshot: SnapshotRef): Promise<string | undefined>;
  /** Out of attempts: whoever heals takes it on (true), or nobody does. */
  bury(letter: FailedStep): Promise<boolean>;
}

export interface FailedStep {
  readonly entry: Entry;
  readonly fleet: string;
  readonly step: StepSpec;
  readonly call: CallSpec;
}
