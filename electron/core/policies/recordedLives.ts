/** Joins sessions and recordings: whose a recording is, and how much of a running one may be touched. */
import type { RecordedLives } from "#core/recordings/index.ts";
import type { Sessions } from "#core/sessions/index.ts";

export function recordedLives(sessions: () => Sessions): RecordedLives {
  return {
    life: (sessionId) => sessions().life(sessionId),
    readTo: (sessionId) => sessions().readTo(sessionId),
  };
}
