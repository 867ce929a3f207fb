/**
 * Token usage as opencode tells it (measured with 1.18.33): one assistant message per request, in its event stream and in its
 * database. Exact, with its own cost; a tool step's numbers come after the tool; an interrupted one has none; title requests
 * are told nowhere.
 * `output` excludes reasoning.
 */
import { z } from "zod";

import type { UsageReport } from "#core/ports/usage.ts";
import type { TableTranscripts, UsageAdapter } from "#core/ports/usageAdapter.ts";
import { toIsoTime } from "#shared/lib/isoTime.ts";
import type { UsageSource } from "#shared/model/usage.ts";
import { known, nanosOf, parseJson } from "./usageNumbers.ts";

const AGENT = "opencode";

export const opencodeUsage: UsageAdapter = {
  refusesByHook: false,
  // Every conversation begins with the question for its title; a subagent's is named by its caller.
  hiddenBeside: ({ kind, cliSessionId, model, at }) =>
    kind !== "main" || cliSessionId === undefined
      ? undefined
      : {
          // One for both sources: the title was asked for once.
          source: "stream_json",
          sourceKey: `title ${cliSessionId}`,
          at,
          agent: AGENT,
          cliSessionId,
          model,
          why: "auxiliary",
          detail:
            "opencode had this conversation titled, and tells nobody what that took. With the gateway it is counted.",
        },
  sources: [
    {
      source: "stream_json",
      what: "Its own event stream: every answered request of the conversation and its subagents; titles are not told.",
      confidence: "exact",
      live: true,
    },
    {
      source: "transcript",
      what: "Its database: the same, also for `opencode run` and for what happened while the app was away.",
      confidence: "exact",
      live: false,
    },
  ],
};

const infoSchema = z.object({
  role: z.literal("assistant"),
  modelID: z.string(),
  providerID: z.string(),
  cost: z.number().optional(),
  error: z.object({ name: z.string().optional() }).nullish(),
  time: z.object({ created: z.number(), completed: z.number().nullish() }),
  tokens: z.object({
    input: z.number(),
    output: z.number(),
    reasoning: z.number().catch(0),
    cache: z.object({ read: z.number(), write: z.number() }),
  }),
});

const updatedSchema = z.object({
  type: z.literal("message.updated"),
  properties: z.object({ info: infoSchema.extend({ id: z.string(), sessionID: z.string() }) }),
});

/** One event of the stream; undefined for all that tell no finished answer. */
export function readOpencodeEvent(data: string, mainSession: string | undefined): UsageReport | undefined {
  if (!data.includes('"message.updated"')) return undefined;
  const info = updatedSchema.safeParse(parseJson(data)).data?.properties.info;
  if (info === undefined) return undefined;
  const isSubagent = mainSession !== undefined && info.sessionID !== mainSession;
  return report(info, { id: info.id, session: info.sessionID, isSubagent, source: "stream_json" });
}

const rowSchema = z.object({
  id: z.string(),
  session_id: z.string(),
  parent_id: z.string().nullish(),
  directory: z.string().nullish(),
  data: z.string(),
});

export const opencodeTranscripts: TableTranscripts = {
  kind: "table",
  agent: AGENT,
  file: ({ homeDir, env }) => `${env["XDG_DATA_HOME"] ?? `${homeDir}/.local/share`}/opencode/opencode.db`,
  sql: `SELECT m.id AS id, m.session_id AS session_id, s.parent_id AS parent_id, s.directory AS directory,
      m.data AS data, m.time_updated AS cursor
    FROM message m LEFT JOIN session s ON s.id = m.session_id
    WHERE m.time_updated >= ? ORDER BY m.time_updated, m.id LIMIT ?`,
  belongs(row, { cliSessionIds, cwd }) {
    const found = rowSchema.safeParse(row).data;
    if (found === undefined) return false;
    // `opencode run` never tells its session: what happened in its folder since it began is its own.
    if (cliSessionIds.length === 0) return found.directory === cwd;
    return cliSessionIds.includes(found.session_id) || cliSessionIds.includes(found.parent_id ?? "");
  },
  row(row) {
    const found = rowSchema.safeParse(row).data;
    const info = found === undefined ? undefined : infoSchema.safeParse(parseJson(found.data)).data;
    if (found === undefined || info === undefined) return undefined;
    const isSubagent = (found.parent_id ?? null) !== null;
    return report(info, { id: found.id, session: found.session_id, isSubagent, source: "transcript" });
  },
};

interface MessageRef {
  readonly id: string;
  readonly session: string;
  readonly isSubagent: boolean;
  readonly source: UsageSource;
}

function report(info: z.infer<typeof infoSchema>, message: MessageRef): UsageReport | undefined {
  const { tokens, time } = info;
  const total = tokens.input + tokens.output + tokens.reasoning + tokens.cache.read + tokens.cache.write;
  const isInterrupted = info.error?.name === "MessageAbortedError";
  // A message is announced before it is answered; without numbers there is nothing to say yet, or ever.
  if ((total === 0 && !isInterrupted) || (time.completed ?? null) === null) return undefined;
  return {
    source: message.source,
    confidence: "exact",
    at: toIsoTime(time.completed ?? time.created),
    agent: AGENT,
    kind: message.isSubagent ? "subagent" : "main",
    provider: info.providerID,
    model: info.modelID,
    sourceKey: message.id,
    ...(total === 0 ? {} : counted(info)),
    outcome: isInterrupted ? "interrupted" : "complete",
    cliSessionId: message.session,
    ...known({ subagent: message.isSubagent ? message.session : undefined }),
  };
}

function counted({ tokens, cost }: z.infer<typeof infoSchema>): Pick<UsageReport, "tokens" | "reportedCostNanos"> {
  return {
    tokens: {
      input: tokens.input,
      output: tokens.output + tokens.reasoning,
      cacheRead: tokens.cache.read,
      cacheWrite: tokens.cache.write,
      reasoning: tokens.reasoning,
    },
    ...nanosOf(cost),
  };
}
