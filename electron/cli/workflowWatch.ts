/** workflow watch: every move of a run as a line, from its beginning to its end. Ends with the run; exit 1 when it failed. */
import { FINAL_RUN_STATES, runHeadSchema } from "#shared/model/workflow.ts";
import type { RunHead } from "#shared/model/workflow.ts";
import type { StoredEvent } from "#shared/model/event.ts";
import type { ConnectedClient } from "#shared/rpc/client.ts";
import type { CliContext } from "./command.ts";
import { refused } from "./outcome.ts";
import type { Outcome } from "./outcome.ts";
import { readStream } from "./streaming.ts";

export async function watchRun(client: ConnectedClient, context: CliContext, run: string): Promise<Outcome> {
  const found = await client.query("workflow.run", { run });
  if (!found.ok) return refused(found.error);
  const { fleet } = found.value.head;
  const { revision } = found.value.head;
  let last: RunHead = found.value.head;
  const read = await readStream(client, {
    name: "events",
    input: { pattern: `ws.${fleet}.workflow.${run}.>`, from: 0 },
    isBytes: false,
    handle: async ({ events }) => {
      for (const event of events) await print(context, event);
      const heads = events.flatMap(({ data }) => runHeadSchema.safeParse(data["head"]).data ?? []);
      last = heads.at(-1) ?? last;
    },
    // An earlier end may have been undone since.
    isDone: () => FINAL_RUN_STATES.has(last.state) && last.revision >= revision,
  });
  if (read.exit !== 0 || last.state === "completed" || !FINAL_RUN_STATES.has(last.state)) return read;
  const message = last.detail ?? `The run was ${last.state}.`;
  return refused({ code: last.state === "failed" ? "internal" : "conflict", message });
}

async function print({ out }: CliContext, event: StoredEvent): Promise<void> {
  if (out.isJson) return out.json(event);
  return out.line(`${event.time.slice(11, 19)}  ${lineOf(event)}`);
}

function lineOf({ type, data }: StoredEvent): string {
  const name = typeof data["name"] === "string" ? data["name"] : undefined;
  const detail = typeof data["detail"] === "string" ? data["detail"] : undefined;
  const why = typeof data["why"] === "string" ? data["why"] : undefined;
  const what = name ?? type.replace("workflow.", "").replaceAll("_", " ");
  const entry = entryWords(data["entry"]);
  return [what, entry, detail ?? why].filter((part) => part !== undefined && part !== "").join("  ");
}

function entryWords(entry: unknown): string {
  if (typeof entry !== "object" || entry === null) return "";
  const of = (key: string): unknown => Reflect.get(entry, key);
  const parts = [String(of("target"))];
  if (of("lockedBy") !== undefined) parts.push(`locked by ${String(of("lockedBy"))}`);
  if (Number(of("attempts")) > 1) parts.push(`attempt ${String(of("attempts"))}`);
  return parts.join(", ");
}
