/** The recordings slice's door. */
export { Recordings } from "./recordings.ts";
export type { RecordedLives } from "./recordings.ts";
