/** The inbox slice's door. */
export { Inbox } from "./inbox.ts";
export type { NewItem } from "./inbox.ts";
