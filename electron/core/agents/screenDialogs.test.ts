import { describe, expect, it } from "vitest";

import { codexDialog } from "./codex.ts";
import { geminiDialog } from "./gemini.ts";
import { claudeDialog } from "./claudeDialogs.ts";

const text = (keys: readonly Uint8Array[] | undefined): string[] =>
  (keys ?? []).map((bytes) => new TextDecoder().decode(bytes));

const CODEX = `
  Would you like to run the following command?

  Environment: local

  Reason: need it

  $ rm -rf build

› 1. Yes, proceed (y)
  2. Yes, and don't ask again for commands that start with \`rm\` (p)
  3. No, and tell Codex what to do differently (esc)

  Press enter to confirm or esc to cancel`;

const GEMINI = `
 > x
╭──────────────────────────────────────────────╮
│ ? Shell  touch gq1                           │
│ ╭──────────────────────────────────────────╮ │
│ │ touch gq1                                │ │
│ ╰──────────────────────────────────────────╯ │
│ Allow execution of [Shell]?                  │
│                                              │
│ ● 1. Allow once                              │
│   2. Allow for this session                  │
│   3. No, suggest changes (esc)               │
╰──────────────────────────────────────────────╯`;

const CLAUDE = `
────────────────────────────────────────────────────────
 Bash command
 Tip: auto mode handles these prompts for you
 touch
╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌
 touch q1
╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌
 Do you want to proceed?
 ❯ 1. Yes
   2. Yes, and always allow access to /w from this project
   3. No`;

describe("dialogs on the screen", () => {
  it("reads Codex's", () => {
    const dialog = codexDialog(CODEX);
    expect(dialog?.ask).toMatchObject({
      title: "Run a command",
      body: "rm -rf build",
      reason: "need it",
      irreversible: true,
    });
    expect(text(dialog?.keys({ option: "allow" }))).toEqual(["y"]);
    expect(text(dialog?.keys({ option: "deny" }))).toEqual(["\u001b"]);
    expect(text(dialog?.keys({ option: "deny_say", text: "keep\nit" }))).toEqual([
      "\u001b",
      "\u001b[200~keep it\u001b[201~",
      "\r",
    ]);
  });

  it("reads Codex's question with its answers, but no form of several questions", () => {
    const screen = [
      "  Question 1/1 (1 unanswered)",
      "  Which colour?",
      "",
      "  › 1. Red                the warm one",
      "    2. Blue               the cold one",
      "",
      "  tab to add notes | enter to submit answer | esc to interrupt",
    ].join("\n");
    const dialog = codexDialog(screen);
    expect(dialog?.ask).toMatchObject({ kind: "question", body: "Which colour?", via: "keys" });
    expect(dialog?.ask.options.map(({ id, label, hint }) => [id, label, hint])).toEqual([
      ["1", "Red", "the warm one"],
      ["2", "Blue", "the cold one"],
    ]);
    expect(text(dialog?.keys({ option: "2" }))).toEqual(["2", "\r"]);
    expect(codexDialog(screen.replace("1/1", "1/2"))).toBeUndefined();
  });

  it("reads Gemini's", () => {
    const dialog = geminiDialog(GEMINI);
    expect(dialog?.ask).toMatchObject({ title: "Run a command", body: "touch gq1", irreversible: false });
    expect(dialog?.ask.options.map((option) => option.id)).toEqual(["allow", "allow_session", "deny", "deny_say"]);
    expect(text(dialog?.keys({ option: "allow_session" }))).toEqual(["2"]);
  });

  it("reads Gemini's limit, which is no permission", () => {
    const frame = ["│ Usage limit reached for gemini-2.5-flash. │", "│ /model to switch models. │"];
    const dialog = geminiDialog([...frame, "│ ● 1. Keep trying │", "│   2. Stop │"].join("\n"));
    expect(dialog?.ask).toMatchObject({ kind: "rate_limited", body: "Usage limit reached for gemini-2.5-flash." });
    expect(dialog?.ask.options.map(({ id, label }) => [id, label])).toEqual([
      ["1", "Keep trying"],
      ["2", "Stop"],
    ]);
    expect(text(dialog?.keys({ option: "2" }))).toEqual(["2"]);
  });

  it("reads Claude's", () => {
    const dialog = claudeDialog({ kind: "permission", message: "", screen: CLAUDE });
    expect(dialog?.ask).toMatchObject({ kind: "permission", body: "Bash command\ntouch\ntouch q1", via: "keys" });
    expect(text(dialog?.keys({ option: "allow" }))).toEqual(["1"]);
    expect(text(dialog?.keys({ option: "deny" }))).toEqual(["\u001b"]);
  });

  it("sees none in a numbered list of an answer", () => {
    const list = "Here is the plan:\n1. Yes\n2. No\n";
    expect([
      codexDialog(list),
      geminiDialog("Steps:\n 1. Read\n 2. Write"),
      claudeDialog({ kind: "permission", message: "", screen: "1. Read" }),
    ]).toEqual([undefined, undefined, undefined]);
  });
});
