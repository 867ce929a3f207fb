/** The dead letters' door. */
export type { OtherTools } from "./attempts.ts";
export { DeadLetterDesk } from "./desk.ts";
export { letterErrorOf } from "./letterError.ts";
export type { AttemptOrder, AttemptOutcome, Taker } from "./takers.ts";
export { toDeadLetter } from "./letterRows.ts";
export type { Letter } from "./letterRows.ts";
export { checkPayload } from "./payloadCheck.ts";
export {
  alternateLetter,
  discardAll,
  discardLetter,
  editLetter,
  restoreLetter,
  retryAll,
  retryLetter,
} from "./personActs.ts";
