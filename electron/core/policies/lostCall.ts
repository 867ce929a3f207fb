/**
 * A call of a tool that was lost on its way, as a dead letter: which ones were, and what of them goes out again. What the
 * caller did wrong, what was refused for now or for good, and what the tool itself has to say, is an answer: its caller
 * reads it, and nothing is left to heal.
 */

import { registryCommands } from "#shared/contract/registry.ts";
import { parseTime } from "#shared/lib/isoTime.ts";
import { encodeEnvelope, makeEnvelope, parseEnvelope } from "#shared/model/catalogue/envelope.ts";
import { problemOf } from "#shared/model/catalogue/problems.ts";
import type { ErrorClass, LetterError } from "#shared/model/deadLetter.ts";
import { fail, ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import type { ToolCall, ToolCallDetail } from "#shared/model/toolServer.ts";
import type { DeadLetterDesk } from "#core/deadLetters/index.ts";
import { GIVEN_UP } from "#core/registry/index.ts";

export const STREAM = "TOOLS";
/** The name under which failed calls are dead letters. */
export const CONSUMER = "tool-calls";
const TYPE = "registry.invoke";
const orderSchema = registryCommands[TYPE].input;
/** A secret in the log of calls: as many stars as it has characters, four at least. */
const MASKED = "****";

/** The request went out, or should have, and no answer that is one came back. */
const LOST: ReadonlySet<string> = new Set(["timeout", "disconnected", "not_running", "spawn_failed", "bad_answer"]);
/** A tool that says this of itself only passes it on: it may work in a minute. */
const PASSING: ReadonlySet<ErrorClass> = new Set<ErrorClass>(["rate_limit", "timeout", "network"]);

export function isLostCall(call: Pick<ToolCall, "outcome" | "code" | "message">, errorClass: ErrorClass): boolean {
  const { outcome, code = "", message = "" } = call;
  if (outcome === "interrupted") return true;
  // A name that nobody has is a slip of the caller; whether another server has the tool is asked elsewhere.
  if (outcome === "refused") return code === "not_found" || LOST.has(code);
  if (outcome !== "failed" || message.endsWith(GIVEN_UP)) return false;
  return LOST.has(code) || (code === "tool_failed" && PASSING.has(errorClass));
}

type NewLetter = Parameters<DeadLetterDesk["letters"]["take"]>[0];

/** Errors: too_large. */
export function lostCallLetter(call: ToolCallDetail, error: LetterError): Result<NewLetter> {
  const { id, seq, server, tool, by, contextId, correlationId, startedAt, tookMs = 0, attempts } = call;
  const original = contentOf(call);
  if (!original.ok) return original;
  return ok({
    stream: STREAM,
    // A call has no number in the stream of its own; in the log of calls it has one.
    seq,
    consumer: CONSUMER,
    messageId: id,
    subject: `tool.${tool}.failed`,
    type: TYPE,
    source: sourceOf(call),
    error,
    attempts: Math.max(1, attempts),
    firstMs: parseTime(startedAt),
    lastMs: parseTime(startedAt) + Math.round(tookMs),
    server,
    tool,
    ...(by.kind === "agent" ? { agent: by.id } : {}),
    contextId,
    correlationId,
    headers: {},
    original: original.value,
  });
}

export function sourceOf({ by }: ToolCallDetail): string {
  return by.kind === "agent" ? `/agents/${by.id ?? ""}` : `/people/${by.kind}`;
}

/** What goes out again: the order, with its arguments as the log of calls has them. */
function contentOf(call: ToolCallDetail): Result<string> {
  const { id, server, tool, contextId, correlationId } = call;
  const data = {
    server,
    tool,
    args: parsed(call.args),
    ...(contextId === undefined ? {} : { contextId }),
    ...(correlationId === undefined ? {} : { correlationId }),
  };
  const [source, time] = [sourceOf(call), call.startedAt];
  const made = makeEnvelope({
    id,
    source,
    type: TYPE,
    version: 1,
    time,
    contextid: contextId,
    correlationid: correlationId,
    data,
  });
  return made.ok ? encodeEnvelope(made.value) : made;
}

function parsed(args: string): unknown {
  try {
    return JSON.parse(args);
  } catch {
    return { arguments: `${MASKED} (too long to be kept: write them anew)` };
  }
}

/** Errors: bad_request. */
export function readOrder(data: string): Result<ReturnType<typeof orderSchema.parse>> {
  const envelope = parseEnvelope(data);
  if (!envelope.ok) return envelope;
  const order = orderSchema.safeParse(envelope.value.data);
  if (!order.success) return { ok: false, error: problemOf(TYPE, order.error, envelope.value.data) };
  const isWhole = !JSON.stringify(order.data.args).includes(MASKED);
  return isWhole
    ? ok(order.data)
    : fail(
        "bad_request",
        `The arguments held a secret or were too long, which is not kept. Write what stands as ${MASKED} anew, then send it.`,
      );
}
