/** The one contract object: everything a client can ask, order or follow. Types of client and handlers derive from it. */
import { commands } from "./commands.ts";
import { queries } from "./queries.ts";
import { streams } from "./streams.ts";

export const contract = { queries, commands, streams } as const;
export { commands } from "./commands.ts";
export type { CommandInput, CommandName, CommandOutput, CommandRequest } from "./commands.ts";
export { queries } from "./queries.ts";
export type { DoctorCheck, QueryInput, QueryName, QueryOutput, QueryRequest } from "./queries.ts";
export { streams } from "./streams.ts";
export type { AppStatus, NodePatch, SearchHit, StreamInput, StreamItem, StreamName, StreamRequest } from "./streams.ts";
export type { WorkflowDefinition } from "./workflows.ts";
export type { PathUsage, UsageBurn, UsageFilter, UsageGroup } from "./usage.ts";
