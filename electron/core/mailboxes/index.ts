/** The mailboxes slice's door. */
export { Mailboxes } from "./mailboxes.ts";
export { budgetWords, shortName } from "./mailWords.ts";
export type { Post, Posted } from "./post.ts";
export type { Receivers, Team, TeamMember } from "./deps.ts";
