/** recordings: what they take on the disk, deleting them for good, handing one on. */
import { SecretMasker } from "#shared/lib/secrets.ts";
import { bytesWords, plural } from "#shared/lib/words.ts";
import { gapWords, type Recording } from "#shared/model/recording.ts";
import { fail, ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import type { ConnectedClient } from "#shared/rpc/client.ts";
import { show, withApp, wholeNumber } from "./command.ts";
import type { CliContext, Command } from "./command.ts";
import { refused, usage } from "./outcome.ts";
import type { Outcome } from "./outcome.ts";
import { table } from "./output.ts";
import { readStream } from "./streaming.ts";

const SESSION_ID = /^[0-9a-f]{8}-[0-9a-f-]{27}$/i;
const DAY_MS = 24 * 60 * 60 * 1000;
const ACTIONS: Readonly<Record<string, (context: CliContext) => Promise<Outcome>>> = {
  list: (context) => withApp(context, (client) => list(context, client)),
  delete: deleteRecordings,
  export: exportRecording,
};

export const recordingCommands: Readonly<Record<string, Command>> = {
  recordings: {
    usage:
      "recordings [list | delete SESSION [--since T] [--until T] | delete --before T|--older-than DAYS [--id ID] | export SESSION [--unmasked]] [--life N] [--yes]",
    summary: "What recordings take on the disk; delete them for good; export one, secrets masked",
    options: {
      since: { type: "string" },
      until: { type: "string" },
      before: { type: "string" },
      "older-than": { type: "string" },
      id: { type: "string" },
      life: { type: "string" },
      unmasked: { type: "boolean" },
      yes: { type: "boolean" },
    },
    takes: [0, 2],
    run: (context) => {
      const name = context.args[0] ?? "list";
      const action = Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined;
      return action === undefined
        ? Promise.resolve(usage(`There is no "recordings ${name}". There are list, delete and export.`))
        : action(context);
    },
  },
};

async function list(context: CliContext, client: ConnectedClient): Promise<Outcome> {
  return show(context, await client.query("recording.list", {}), ({ recordings, count, keptBytes, diskBytes }) => [
    ...table([["SESSION", "AGENT", "LIFE", "OUTPUT", "KEPT", "ON DISK", "LAST WRITTEN"], ...recordings.map(row)]),
    `${plural(count, "recording")}, ${bytesWords(keptBytes)} of output on ${bytesWords(diskBytes)} of disk.`,
  ]);
}

function row(one: Recording): readonly string[] {
  return [
    one.sessionId,
    one.path ?? "unknown",
    String(one.generation ?? ""),
    bytesWords(one.outputBytes),
    bytesWords(one.keptBytes),
    bytesWords(one.diskBytes),
    one.isRunning ? "running" : (one.writtenAt ?? "").slice(0, 16).replace("T", " "),
  ];
}

type Wanted =
  | { readonly kind: "session"; readonly session: string; readonly since?: string; readonly until?: string }
  | { readonly kind: "older"; readonly before: string; readonly id?: string };

function deleteRecordings(context: CliContext): Promise<Outcome> {
  const wanted = wantedDeletion(context);
  if (typeof wanted === "string") return Promise.resolve(usage(wanted));
  return withApp(context, async (client) => {
    const input = await inputOf(context, client, wanted);
    if (!input.ok) return refused(input.error);
    const preview = await client.query("recording.preview", input.value);
    if (!preview.ok) return refused(preview.error);
    const { recordings, bytes } = preview.value;
    if (!context.has("yes"))
      return refused({
        code: "bad_request",
        message: `This deletes ${bytesWords(bytes)} of ${plural(recordings, "recording")} for good. Say it again with --yes to do so.`,
      });
    const done: Result<{ readonly bytes: number; readonly freedBytes: number }> =
      "before" in input.value
        ? await client.command("recording.deleteOlder", input.value)
        : await client.command("recording.delete", input.value);
    return show(context, done, (value) => [
      `Deleted ${bytesWords(value.bytes)} of output; ${bytesWords(value.freedBytes)} of disk are free again.`,
    ]);
  });
}

/** A sentence where the words do not fit together. */
function wantedDeletion(context: CliContext): Wanted | string {
  const [, session] = context.args;
  const times = timesOf(context);
  if (typeof times === "string") return times;
  const { before, ...span } = times;
  if (session !== undefined && before === undefined) return { kind: "session", session, ...span };
  if (session !== undefined || before === undefined)
    return "Name one session, or say --before TIME or --older-than DAYS for everything older.";
  const id = context.text("id");
  return { kind: "older", before, ...(id === undefined ? {} : { id }) };
}

function timesOf(context: CliContext): { since?: string; until?: string; before?: string } | string {
  const times: { since?: string; until?: string; before?: string } = {};
  for (const flag of ["since", "until", "before"] as const) {
    const text = context.text(flag);
    if (text === undefined) continue;
    const ms = Date.parse(text);
    if (!Number.isFinite(ms)) return `--${flag} takes a time, such as 2026-11-28T14:00 or 2026-11-28.`;
    times[flag] = new Date(ms).toISOString();
  }
  const days = wholeNumber(context, "older-than");
  if (days === "invalid") return "--older-than takes a whole number of days.";
  if (days !== undefined) times.before ??= new Date(Date.now() - days * DAY_MS).toISOString();
  return times;
}

async function inputOf(context: CliContext, client: ConnectedClient, wanted: Wanted) {
  if (wanted.kind === "older") {
    const { before, id } = wanted;
    return ok({ before, ...(id === undefined ? {} : { id }) });
  }
  const { session, since, until } = wanted;
  const sessionId = await sessionIdOf(context, client, session);
  if (!sessionId.ok) return sessionId;
  return ok({
    sessionId: sessionId.value,
    ...(since === undefined ? {} : { since }),
    ...(until === undefined ? {} : { until }),
  });
}

/** A session id, or a child's id and --life. */
async function sessionIdOf(context: CliContext, client: ConnectedClient, ref: string): Promise<Result<string>> {
  if (SESSION_ID.test(ref)) return ok(ref);
  const lives = await client.query("agent.lives", { id: ref });
  if (!lives.ok) return lives;
  const number = context.text("life");
  const [only] = lives.value;
  if (number === undefined && only !== undefined && lives.value.length === 1) return ok(only.sessionId);
  const life = lives.value.find(({ generation }) => String(generation) === number);
  if (life !== undefined) return ok(life.sessionId);
  const known = lives.value.map(({ generation }) => generation).join(", ");
  return fail("ambiguous", `Say which life of ${ref} with --life N: ${known === "" ? "it has had none" : known}.`);
}

function exportRecording(context: CliContext): Promise<Outcome> {
  const ref = context.args[1];
  if (ref === undefined) return Promise.resolve(usage("Name the session to export."));
  const { out } = context;
  return withApp(context, async (client) => {
    const sessionId = await sessionIdOf(context, client, ref);
    if (!sessionId.ok) return refused(sessionId.error);
    let masker = new SecretMasker();
    const isMasked = !context.has("unmasked");
    const outcome = await readStream(client, {
      name: "recording",
      input: { sessionId: sessionId.value },
      isBytes: true,
      handle: async ({ gap }, bytes) => {
        if (gap === undefined) return out.bytes(isMasked ? masker.push(bytes) : bytes);
        await out.bytes(masker.end());
        masker = new SecretMasker();
        out.complain(gapWords(gap));
      },
    });
    await out.bytes(masker.end());
    return outcome;
  });
}
