/** The dead letters' door. */
export type { OtherTools } from "./attempts.ts";
export { DeadLetterDesk } from "./desk.ts";
export { letterErrorOf } from "./letterError.ts";
export type { AttemptOrder, AttemptOutcome } from "./takers.ts";
export { toDeadLetter } from "./letterRows.ts";
export type { Letter } from "./letterRows.ts";
export {
  alternateLetter,
  checkPayload,
  discardAll,
  discardLetter,
  editLetter,
  restoreLetter,
  retryAll,
  retryLetter,
} from "./personActs.ts";
