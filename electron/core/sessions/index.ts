/** The sessions slice's door. */
export { Sessions } from "./sessions.ts";
export type { AskListener } from "./deps.ts";
export type { SessionMetering } from "./deps.ts";
