/** Claude Code's dialogs as they stand on the screen, for when no hook tells of them (trust, adopted sessions). Pure. */
import type { AskOption } from "#core/ports/agentAdapter.ts";
import { isIrreversible } from "./irreversible.ts";
import { ENTER, ESCAPE, textBytes } from "./keys.ts";
import { ALLOW, DENY, type Dialog } from "./screenDialogs.ts";

const DOWN = textBytes("\u001b[B");

/** `message` is what OSC 7501 said; `screen` the plain text. Undefined where no dialog can be recognised. */
export function claudeDialog(seen: {
  kind: "permission" | "question";
  message: string;
  screen: string;
}): Dialog | undefined {
  if (/trust this folder/i.test(`${seen.message} ${seen.screen}`) && /Yes, I trust/.test(seen.screen))
    return trustDialog(seen.screen);
  return seen.kind === "question" ? questionDialog(seen.screen) : permissionDialog(seen);
}

/** The marked answer is the safe one, "No, exit"; the other is below it. */
function trustDialog(screen: string): Dialog {
  const folder = /^\s*(\/\S.*|[A-Z]:\\.*)$/m.exec(screen)?.[1]?.trim() ?? "this folder";
  return {
    ask: {
      kind: "permission",
      title: "Trust this folder",
      body: folder,
      reason: "Claude Code reads, edits and runs files here. It asks once per folder and remembers the answer.",
      irreversible: false,
      options: [
        { ...ALLOW, label: "Trust it" },
        { ...DENY, label: "Do not trust, exit" },
      ],
      via: "keys",
    },
    keys: (choice) => (choice.option === "allow" ? [DOWN, ENTER] : [ESCAPE]),
  };
}

function permissionDialog(seen: { message: string; screen: string }): Dialog | undefined {
  if (!/❯?\s*1\.\s+Yes/.test(seen.screen)) return undefined;
  const told = /approve ([^:]+): (.*)$/.exec(seen.message);
  const body = told?.[2] ?? dialogText(seen.screen);
  return {
    ask: {
      kind: "permission",
      title: told?.[1] === "Bash" ? "Run a command" : `Use ${told?.[1] ?? "a tool"}`,
      body,
      irreversible: isIrreversible(body),
      options: [ALLOW, DENY],
      via: "keys",
    },
    keys: (choice) => [choice.option === "allow" ? textBytes("1") : ESCAPE],
  };
}

function questionDialog(screen: string): Dialog | undefined {
  const lines = screen.split("\n").map((line) => line.trim());
  const numbered = lines.flatMap((line) => {
    const [, id, label] = /^❯?\s*(\d)\. (.+)$/.exec(line) ?? [];
    return id === undefined || label === undefined ? [] : [{ id, label }];
  });
  const options = numbered
    .filter(({ label }) => !/^(Type something|Chat about this)/.test(label))
    .map(({ id, label }): AskOption => ({ id, label, key: id, takesText: false }));
  if (options.length === 0) return undefined;
  const first = lines.findIndex((line) => /^❯?\s*1\. /.test(line));
  const body = lines.slice(0, first).findLast((line) => line !== "") ?? "The agent asks a question.";
  return {
    ask: { kind: "question", title: "Question", body, irreversible: false, options, via: "keys" },
    keys: (choice) => [textBytes(choice.option)],
  };
}

/** What stands between the last rule above the question and the question itself. */
function dialogText(screen: string): string {
  const before = screen.split(/Do you want to/)[0] ?? "";
  const lines = before.split("\n").map((line) => line.trim());
  const text = lines
    .slice(lines.findLastIndex((line) => /^─{10}/.test(line)) + 1)
    .filter((line) => line !== "" && !/^[╌─]{5}/.test(line) && !line.startsWith("Tip:"));
  return text.join("\n").slice(0, 2_000);
}

/** `429 … · retrying in 19s · attempt 1/1` under the newest prompt. Pure. */
export function claudeRetry(screen: string): { readonly words: string; readonly inS: number } | undefined {
  const lines = screen.split("\n").filter((line) => line.trim() !== "");
  for (const line of lines.slice(-12).toReversed()) {
    const [, words, inS] = /^[^\p{L}\p{N}]*(.+?) · retrying in (\d+)s\b/u.exec(line) ?? [];
    if (words !== undefined) return { words: words.trim(), inS: Number(inS) };
  }
  return undefined;
}
