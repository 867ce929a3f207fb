/** The workflows slice's door. */
export { Workflows } from "./workflows.ts";
export type { AgentWork, FailedStep, Hands, ToolWork } from "./hands.ts";
