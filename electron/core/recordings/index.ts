/** The recordings slice's door. */
export { Recordings } from "./recordings.ts";
export type { RecordedLife, RecordedLives } from "./recordings.ts";
