/** Recordings: what they take, deleting them for good, looking into them. Delegation only. */
import { parseTime, toIsoTime } from "#shared/lib/isoTime.ts";
import type { Recording } from "#shared/model/recording.ts";
import { fail, ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import type { CommandHandlers, QueryHandlers } from "#shared/rpc/handlers.ts";
import type { Core } from "#core/app.ts";
import { agentPath } from "./sessionHandlers.ts";

type RecordingQueries = "recording.list" | "recording.preview" | "recording.screen" | "recording.seek";
type RecordingCommands = "recording.delete" | "recording.deleteOlder";
type IsWanted = Parameters<Core["recordings"]["previewOlder"]>[1];

export function recordingQueries(core: Core): Pick<QueryHandlers, RecordingQueries> {
  const { recordings, ports } = core;
  return {
    "recording.list": async ({ limit }) => listRecordings(core, limit),
    "recording.preview": async (input) => {
      if ("before" in input) {
        const wanted = wantedOf(core, input.id);
        return wanted.ok ? ok(await recordings.previewOlder(parseTime(input.before), wanted.value)) : wanted;
      }
      const found = await recordings.preview(input.sessionId, spanOf(input));
      return found.ok ? ok({ recordings: found.value.bytes > 0 ? 1 : 0, bytes: found.value.bytes }) : found;
    },
    "recording.screen": async ({ sessionId, offset }) => {
      if (core.sessions.life(sessionId) === undefined) return fail("not_found", "There is no such session.");
      const { bytes, ...screen } = await ports.archive.screenAt(sessionId, offset);
      return ok({ ...screen, base64: Buffer.from(bytes).toString("base64") });
    },
    "recording.seek": async ({ sessionId, at }) => {
      const { before } = await ports.outputLog.marksAround(sessionId, parseTime(at));
      return ok({ offset: before?.offset ?? 0 });
    },
  };
}

export function recordingCommands(core: Core): Pick<CommandHandlers, RecordingCommands> {
  const { recordings } = core;
  return {
    "recording.delete": async (input, { actor }) => recordings.delete(input.sessionId, spanOf(input), actor),
    "recording.deleteOlder": async ({ before, id }, { actor }) => {
      const wanted = wantedOf(core, id);
      return wanted.ok ? recordings.deleteOlder(parseTime(before), wanted.value, actor) : wanted;
    },
  };
}

function spanOf({ since, until }: { since?: string | undefined; until?: string | undefined }) {
  return {
    sinceMs: since === undefined ? undefined : parseTime(since),
    untilMs: until === undefined ? undefined : parseTime(until),
  };
}

function wantedOf(core: Core, id: string | undefined): Result<IsWanted> {
  if (id === undefined) return ok(() => true);
  const path = agentPath(core, id);
  return path.ok ? ok((life) => life?.path === path.value) : path;
}

async function listRecordings(core: Core, limit: number): ReturnType<QueryHandlers["recording.list"]> {
  const { recordings, sessions, ports } = core;
  const stored = recordings.list();
  const all = stored
    .map((one): Recording => {
      const life = sessions.life(one.sessionId);
      const written = one.segments.at(-1)?.writtenAt;
      return {
        sessionId: one.sessionId,
        ...(life === undefined ? {} : { path: life.path, generation: life.generation }),
        isRunning: sessions.readTo(one.sessionId) !== undefined,
        outputBytes: Math.max(one.size, life?.outputBytes ?? 0),
        keptBytes: recordings.keptBytes(one.sessionId) ?? 0,
        diskBytes: one.diskBytes,
        ...(written === undefined ? {} : { writtenAt: toIsoTime(written) }),
      };
    })
    .toSorted((a, b) => b.diskBytes - a.diskBytes);
  const sum = (pick: (one: Recording) => number): number => all.reduce((total, one) => total + pick(one), 0);
  return ok({
    recordings: all.slice(0, limit),
    count: all.length,
    keptBytes: sum(({ keptBytes }) => keptBytes),
    diskBytes: sum(({ diskBytes }) => diskBytes),
    isComplete: all.length >= (await ports.archive.sessions()).length,
  });
}
