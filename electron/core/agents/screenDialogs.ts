/** Dialogs with numbered answers, read off the screen, for CLIs that tell of them in no other way. Pure. */
import type { AgentAsk, AskOption } from "#core/ports/agentAdapter.ts";
import type { Choice } from "./askDesk.ts";
import { ENTER, ESCAPE, textBytes } from "./keys.ts";

export interface Dialog {
  readonly ask: Omit<AgentAsk, "id">;
  /** Key strokes, to be typed one after the other with a pause. */
  readonly keys: (choice: Choice) => readonly Uint8Array[];
}

export interface NumberedAnswer {
  readonly number: string;
  readonly label: string;
}

export interface NumberedDialog {
  readonly answers: readonly NumberedAnswer[];
  /** The lines above the answers, without frames, nearest last. */
  readonly above: readonly string[];
}

/** The lowest run of `1. …`, `2. …` on the screen. */
export function numberedDialog(screen: string): NumberedDialog | undefined {
  const lines = screen.split("\n").map(withoutFrame);
  const first = lines.findLastIndex((line) => /^[^\w\s]?\s*1\. \S/u.test(line));
  if (first < 0) return undefined;
  const answers = lines.slice(first).flatMap((line) => {
    const [, number, label] = /^[^\w\s]?\s*(\d)\. (.+)$/u.exec(line) ?? [];
    return number === undefined || label === undefined ? [] : [{ number, label: label.trim() }];
  });
  return { answers, above: lines.slice(0, first).filter((line) => line !== "") };
}

function withoutFrame(line: string): string {
  return line.replace(/[│┃╭╮╰╯─╌▀╹]+/gu, " ").trim();
}

export const ALLOW: AskOption = { id: "allow", label: "Allow once", key: "y", takesText: false };
export const ALLOW_SESSION: AskOption = {
  id: "allow_session",
  label: "Allow for this session",
  key: "s",
  takesText: false,
};
export const DENY: AskOption = { id: "deny", label: "Deny", key: "n", takesText: false };
export const DENY_SAY: AskOption = {
  id: "deny_say",
  label: "Deny and say what to do instead",
  key: "e",
  takesText: true,
};

/** Escape refuses; what is typed then goes to the prompt. */
export function denyKeys(choice: Choice): readonly Uint8Array[] {
  if (choice.text === undefined || choice.text === "") return [ESCAPE];
  const oneLine = choice.text.replace(/\s+/g, " ");
  return [ESCAPE, textBytes(`\u001b[200~${oneLine}\u001b[201~`), ENTER];
}
