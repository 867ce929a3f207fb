/** The part of `memory` about contexts and their snapshots. */
import { clockWords } from "#shared/lib/words.ts";
import type { SharedContext, SnapshotDiff } from "#shared/model/memory.ts";
import type { ConnectedClient } from "#shared/rpc/client.ts";
import { show } from "./command.ts";
import type { CliContext, Verb } from "./command.ts";
import type { Outcome } from "./outcome.ts";
import { oneLine, table } from "./output.ts";

export const memoryContextVerbs: Readonly<Record<string, Verb>> = {
  contexts: { usage: "contexts", takes: 0, run: contexts },
  snapshot: { usage: "snapshot [CONTEXT] | snapshot --remove SNAPSHOT", takes: 0, run: snapshot },
  diff: { usage: "diff SNAPSHOT [SNAPSHOT]", takes: 1, run: diff },
  restore: { usage: "restore SNAPSHOT [--into CONTEXT]", takes: 1, run: restore },
};

async function contexts(client: ConnectedClient, context: CliContext): Promise<Outcome> {
  return show(context, await client.query("context.list", {}), (heads) =>
    heads.length === 0
      ? ["There is no context yet. Agents make them as they begin a piece of work together."]
      : table([
          ["CONTEXT", "FLEET", "REVISION", "VARIABLES", "MESSAGES", "SNAPSHOTS", "CHANGED", "INTENT"],
          ...heads.map((head) => [
            head.isExpired ? `${head.id} (expired)` : head.id,
            head.fleet ?? "-",
            String(head.revision),
            String(head.variables),
            String(head.messages),
            String(head.snapshots),
            clockWords(Date.parse(head.updatedAt), Date.now()),
            head.intent ?? "-",
          ]),
        ]),
  );
}

export function contextLines({
  id,
  revision,
  isExpired,
  intent,
  variables,
  summary,
  messages,
}: SharedContext): string[] {
  const state = isExpired ? ", expired" : "";
  return [
    `Context ${id}, revision ${revision}${state}${intent === undefined ? "" : `: ${intent}`}`,
    ...table([
      ["VARIABLE", "VERSION", "BY", "VALUE"],
      ...variables.map(({ name, version, author, value }) => [
        name,
        String(version),
        author,
        oneLine(JSON.stringify(value)),
      ]),
    ]),
    ...(summary === undefined ? [] : ["", summary.text]),
    ...messages.map(({ author, text }) => `${author}: ${oneLine(text)}`),
  ];
}

/** Takes one of a context; without a context lists them. */
async function snapshot(client: ConnectedClient, context: CliContext, [ref]: readonly string[]): Promise<Outcome> {
  if (ref === undefined)
    return show(context, await client.query("snapshot.list", {}), (heads) =>
      heads.length === 0
        ? ['There is no snapshot yet. "signalbox memory snapshot CONTEXT" takes one.']
        : table([
            ["SNAPSHOT", "CONTEXT", "REVISION", "TAKEN", "BY", "WHY"],
            ...heads.map(({ id, contextId, revision, takenAt, takenBy, reason }) => [
              id.slice(0, 17),
              contextId,
              String(revision),
              clockWords(Date.parse(takenAt), Date.now()),
              takenBy,
              reason,
            ]),
          ]),
    );
  if (context.has("remove"))
    return show(context, await client.command("snapshot.remove", { id: ref }), ({ id }) => [`${id} removed`]);
  return show(context, await client.command("context.snapshot", { id: ref }), ({ id, url }) => [id, url]);
}

async function diff(
  client: ConnectedClient,
  context: CliContext,
  [from = "", to]: readonly string[],
): Promise<Outcome> {
  const found = await client.query("snapshot.diff", { from, ...(to === undefined ? {} : { to }) });
  return show(context, found, diffLines);
}

const SIGNS = { added: "+", removed: "-", changed: "~" } as const;

function diffLines({ variables, messages, memories, intent, summary, budget }: SnapshotDiff): string[] {
  const lines = [
    ...(intent === undefined ? [] : [`~ intent: ${intent.before ?? "none"} → ${intent.after ?? "none"}`]),
    ...variables.map(
      ({ name, change, before, after, author }) =>
        `${SIGNS[change]} ${name}${change === "added" ? "" : ` ${JSON.stringify(before)}`}${change === "changed" ? " →" : ""}${change === "removed" ? "" : ` ${JSON.stringify(after)}`} (${author})`,
    ),
    ...messages.removed.map(({ author, text }) => `- message of ${author}: ${text.slice(0, 80)}`),
    ...messages.added.map(({ author, text }) => `+ message of ${author}: ${text.slice(0, 80)}`),
    ...memories.map(
      ({ change, before, after }) =>
        `${SIGNS[change]} memory: ${[before, after].filter((one) => one !== undefined).join(" → ")}`,
    ),
    ...(budget === undefined ? [] : [`~ budget: ${JSON.stringify(budget.before)} → ${JSON.stringify(budget.after)}`]),
    ...(summary ? ["~ the summary of earlier messages"] : []),
  ];
  return lines.length === 0 ? ["Nothing is different."] : lines;
}

async function restore(client: ConnectedClient, context: CliContext, [ref = ""]: readonly string[]): Promise<Outcome> {
  const into = context.text("into");
  const restored = await client.command("context.restore", { snapshot: ref, ...(into === undefined ? {} : { into }) });
  return show(context, restored, ({ id, revision, before, stayedForgotten }) => [
    `Context ${id} is at revision ${revision}, as it was in the snapshot.`,
    ...(before === undefined ? [] : [`What was there before is kept: ${before}`]),
    ...(stayedForgotten === 0 ? [] : [`${stayedForgotten} of its memories were forgotten since and stay forgotten.`]),
  ]);
}
