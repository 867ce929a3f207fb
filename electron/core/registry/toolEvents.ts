/**
 * What happens at servers and tools, told on the bus: `tool.<name>.completed|failed` for what follows from a call,
 * `mcp.events.<server>` and `mcp.events.all` for who watches. Telling never makes a call wait and never breaks it.
 */
import type { Clock } from "#core/ports/clock.ts";
import type { Logger } from "#core/ports/logger.ts";
import type { MessageBus } from "#core/ports/messageBus.ts";
import { toIsoTime } from "#shared/lib/isoTime.ts";
import { dedupeKey, encodeEnvelope } from "#shared/model/catalogue/envelope.ts";
import type { Envelope } from "#shared/model/catalogue/envelope.ts";
import { compose } from "#shared/model/catalogue/message.ts";
import type { Result } from "#shared/model/result.ts";
import type { CallNews, RegistryNews, ServerNewsOut } from "./registryNews.ts";

export interface ToolEventDeps {
  readonly bus: MessageBus;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly newId: () => string;
}

/** Messages that wait for the disk; beyond it the newest are dropped and counted: the log of calls has them all. */
const MOST_UNDER_WAY = 2_000;
/** A message has a bound of 1 MB; what is longer stands in the log of calls. */
const MOST_RESULT_CHARS = 32 * 1024;

export class ToolEvents {
  readonly #deps: ToolEventDeps;
  #underWay = 0;
  #dropped = 0;

  constructor(deps: ToolEventDeps) {
    this.#deps = deps;
  }

  tell(news: RegistryNews): void {
    try {
      if (news.type === "call") this.#tellCall(news);
      else this.#tellServer(news);
    } catch (error) {
      this.#deps.logger.error("An event of a tool could not be told.", { error: String(error) });
    }
  }

  #tellCall(news: CallNews): void {
    const { key, tool, callId, outcome, contextId, correlationId } = news;
    const name = subjectToken(tool);
    const verb = outcome === "completed" ? "completed" : "failed";
    const parts = {
      source: sourceOf(key),
      time: toIsoTime(news.atMs),
      contextid: contextId,
      correlationid: correlationId,
    };
    this.#publish(`tool.${name}.${verb}`, compose(`tool.${outcome}`, { ...parts, id: callId, data: callData(news) }));
    this.#tellWatchers(news, `tool.${name}.${verb}`, {
      callId,
      context_id: contextId ?? null,
      correlationId: correlationId ?? null,
      last_tool_output: {
        tool: clip(tool),
        server: clip(key),
        result: news.result?.slice(0, MOST_RESULT_CHARS) ?? null,
        timestamp: parts.time,
      },
      status: verb,
    });
  }

  #tellServer(news: ServerNewsOut): void {
    const isFailure = news.verb === "gave_up" || news.data["isFailure"] === true;
    this.#tellWatchers(news, `tool_server.${news.verb}`, {
      callId: this.#deps.newId(),
      context_id: null,
      correlationId: null,
      last_tool_output: null,
      status: isFailure ? "failed" : "completed",
    });
  }

  #tellWatchers(news: RegistryNews, event: string, told: Told): void {
    const { callId, ...data } = told;
    const timestamp = toIsoTime(news.atMs);
    const handover = {
      ...data,
      event,
      serverId: clip(news.key),
      timestamp,
      intent: event,
      memory_snapshot_url: null,
      token_budget: null,
    };
    const targets = [news.key.split("/").map(subjectToken).join("."), "all"];
    for (const target of targets) {
      const parts = { source: sourceOf(news.key), id: `${callId}.${target}`, time: timestamp };
      this.#publish(
        `mcp.events.${target}`,
        compose("mcp.event", {
          ...parts,
          data: handover,
          contextid: data.context_id ?? undefined,
          correlationid: data.correlationId ?? undefined,
        }),
      );
    }
  }

  #publish(subject: string, composed: Result<Envelope>): void {
    const encoded = composed.ok ? encodeEnvelope(composed.value) : composed;
    if (!composed.ok || !encoded.ok) {
      const error = composed.ok || encoded.ok ? "" : encoded.error.message;
      this.#deps.logger.error("An event of a tool is not of the catalogue and was not told.", { subject, error });
      return;
    }
    if (this.#underWay >= MOST_UNDER_WAY) {
      this.#dropped += 1;
      return;
    }
    this.#underWay += 1;
    const published = this.#deps.bus.publish({ subject, data: encoded.value, msgId: dedupeKey(composed.value) });
    void published.then((answer) => this.#published(subject, answer));
  }

  #published(subject: string, answer: Result<unknown>): void {
    this.#underWay -= 1;
    if (!answer.ok)
      this.#deps.logger.warn("An event of a tool was not taken by the bus.", { subject, error: answer.error.message });
    if (this.#dropped === 0 || this.#underWay > 0) return;
    this.#deps.logger.warn("The bus was too slow for events of tools; they stand in the log of calls.", {
      dropped: this.#dropped,
    });
    this.#dropped = 0;
  }
}

interface Told {
  readonly callId: string;
  readonly context_id: string | null;
  readonly correlationId: string | null;
  readonly last_tool_output: {
    readonly tool: string;
    readonly server: string;
    readonly result: string | null;
    readonly timestamp: string;
  } | null;
  readonly status: "completed" | "failed";
}

/** As the catalogue has it. */
function callData(news: CallNews) {
  const { key, tool, callId, code, message, contextId, correlationId, cachedFrom } = news;
  return {
    callId,
    server: clip(key),
    tool: clip(tool),
    by: news.by.id ?? news.by.kind,
    tookMs: Math.max(0, news.tookMs),
    attempts: news.attempts,
    ...(cachedFrom === undefined ? {} : { cachedFrom }),
    ...(code === undefined ? {} : { code }),
    ...(message === undefined ? {} : { message: message.slice(0, 2_000) }),
    ...(contextId === undefined ? {} : { contextId }),
    ...(correlationId === undefined ? {} : { correlationId }),
    args: news.args.slice(0, MOST_RESULT_CHARS),
    ...(news.result === undefined ? {} : { result: news.result.slice(0, MOST_RESULT_CHARS) }),
  };
}

/** One token of a subject, whatever a server called its tool. */
export function subjectToken(name: string): string {
  const token = name.replaceAll(/[^A-Za-z0-9_-]/g, "_").slice(0, 128);
  return token === "" ? "_" : token;
}

function sourceOf(key: string): string {
  return `/registry/servers/${key.split("/").map(subjectToken).join("/")}`;
}

function clip(name: string): string {
  return name === "" ? "_" : name.slice(0, 256);
}
