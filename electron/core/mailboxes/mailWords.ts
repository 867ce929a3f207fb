/** What a message says in its receiver's terminal: who speaks, then the words. A person's own prompt is theirs alone. */
import { amountText } from "#shared/lib/amountWords.ts";
import { PERSON, type Mail } from "#shared/model/mail.ts";

/** Enough of a tool's output to go on; the whole of it is in the snapshot. */
const MAX_OUTPUT = 2_000;
const REPEATED = "(This may have reached you before.) ";

export function mailWords(mail: Mail): string {
  const again = mail.isRepeated ? REPEATED : "";
  return `${again}${opening(mail)}${mail.text}${handoverWords(mail.handover)}${budgetWords(mail.tokens)}`;
}

function opening({ kind, from, addressed }: Mail): string {
  if (kind === "answer" || kind === "notice") return "";
  if (from === PERSON) return "";
  const everybody = addressed === "all" ? " to all" : "";
  const words = kind === "handover" ? "Handover" : kind === "work" ? "Work" : "Message";
  return `${words} from ${shortName(from)}${everybody}: `;
}

/** `fleet/id` as its team calls it. */
export function shortName(from: string): string {
  return from.startsWith("workflow/") ? from : (from.split("/").at(-1) ?? from);
}

function handoverWords(handover: Mail["handover"]): string {
  if (handover === undefined) return "";
  const { status, context_id, last_tool_output, memory_snapshot_url } = handover;
  const lines = [`Status: ${status}. Context: ${context_id}.`];
  if (last_tool_output !== null) {
    const { tool, server, result } = last_tool_output;
    lines.push(
      `Last output of ${tool} (${server}): ${cut(typeof result === "string" ? result : JSON.stringify(result))}`,
    );
  }
  if (memory_snapshot_url !== null) lines.push(`Memory snapshot: ${memory_snapshot_url}`);
  return `\n\n${lines.join("\n")}`;
}

function cut(text: string): string {
  return text.length > MAX_OUTPUT ? `${text.slice(0, MAX_OUTPUT)}… (cut)` : text;
}

/** What the receiver is told of the tokens that go with its work. */
export function budgetWords(tokens: number | undefined): string {
  return tokens === undefined ? "" : `\n\nToken budget for this: ${amountText(tokens, "tokens")}.`;
}
