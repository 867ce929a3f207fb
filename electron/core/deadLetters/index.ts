/** The dead letters' door. */
export { DeadLetterDesk } from "./desk.ts";
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
