/** The states a node of the tree can show. Each has its lamp in the window and its word in every client. */
import { z } from "zod";

export const NODE_STATES = [
  "starting",
  "idle",
  "busy",
  "waiting_permission",
  "waiting_answer",
  "rate_limited",
  "needs_login",
  "paused",
  "backoff",
  "stopping",
  "stopped",
  "done",
  "crashed",
  "gave_up",
  "escalated",
] as const;
export const nodeStateSchema = z.enum(NODE_STATES);
export type NodeState = z.infer<typeof nodeStateSchema>;

/** States with a living process behind them. */
export const LIVE_STATES: ReadonlySet<NodeState> = new Set([
  "starting",
  "idle",
  "busy",
  "waiting_permission",
  "waiting_answer",
  "rate_limited",
  "needs_login",
  "paused",
  "stopping",
]);

/** Most urgent first (design.md section 4): the order in which lists and counts show them. */
export const NEED_ORDER: readonly NodeState[] = [
  "gave_up",
  "escalated",
  "crashed",
  "backoff",
  "waiting_permission",
  "waiting_answer",
  "needs_login",
  "rate_limited",
  "paused",
  "stopping",
  "starting",
  "busy",
  "idle",
  "stopped",
  "done",
];

/** Health is an axis of its own (mission 6.2); "unreachable" is `unknown`, never dead. */
export const healthSchema = z.enum(["healthy", "degraded", "unhealthy", "critical", "unknown"]);
export type Health = z.infer<typeof healthSchema>;

/** Why a life ended (architecture decision 1). */
export const exitCauseSchema = z.enum([
  "done",
  "stopped",
  "crashed",
  "out_of_memory",
  "rate_limited",
  "needs_login",
  "budget_exhausted",
  "keeper_lost",
]);
export type ExitCause = z.infer<typeof exitCauseSchema>;

/** What an agent CLI tells about itself while it runs; the adapters produce it. */
export const agentActivitySchema = z.enum([
  "starting",
  "idle",
  "busy",
  "waiting_permission",
  "waiting_answer",
  "rate_limited",
  "needs_login",
]);
export type AgentActivity = z.infer<typeof agentActivitySchema>;

export const strategySchema = z.enum(["one_for_one", "one_for_all", "rest_for_one", "simple_one_for_one"]);
export type Strategy = z.infer<typeof strategySchema>;

export const restartTypeSchema = z.enum(["permanent", "transient", "temporary"]);
export type RestartType = z.infer<typeof restartTypeSchema>;
