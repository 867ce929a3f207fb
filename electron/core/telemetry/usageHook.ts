/**
 * What a program of an agent tells of one model request at the hook door (a script, a wrapper, a hook of its CLI), held to
 * its schema. Refusals are a closed set of sentences, since each one is kept once: nothing of what was told is in them.
 */
import type { HookPayload } from "#core/ports/hookIngest.ts";
import type { UsageReport } from "#core/ports/usage.ts";
import { parseTime, toIsoTime } from "#shared/lib/isoTime.ts";
import { usageHookSchema } from "#shared/model/catalogue/hook.ts";
import { fail, ok, type Result } from "#shared/model/result.ts";

/** Whose word it is: the token says so, never the payload. */
export interface Teller {
  readonly sessionId: string;
  readonly agent: string;
  readonly provider: string | undefined;
  readonly cliSessionId: string | undefined;
  readonly nowMs: number;
  /** Nothing of this life can have been before. */
  readonly earliestMs: number;
}

/** Error: bad_request. */
export function readUsageHook(payload: HookPayload, teller: Teller): Result<UsageReport> {
  const parsed = usageHookSchema.safeParse(payload);
  if (!parsed.success) return fail("bad_request", sentenceOf(parsed.error.issues, payload));
  const { id, provider, model, kind, outcome, at, messageId, requestId, ...counts } = parsed.data;
  const { input, output, cacheRead, cacheWrite, reasoning } = counts;
  const { sessionId, agent, cliSessionId } = teller;
  return ok({
    source: "hook",
    confidence: "exact",
    at: timeOf(at, teller),
    agent,
    sessionId,
    kind,
    provider: provider ?? teller.provider ?? "unknown",
    model,
    // The ids are the program's own: of another life or agent the same one is another request.
    sourceKey: `${sessionId} ${id}`,
    tokens: { input, output, cacheRead, cacheWrite, reasoning },
    outcome,
    ...(cliSessionId === undefined ? {} : { cliSessionId }),
    ...(messageId === undefined ? {} : { messageId }),
    ...(requestId === undefined ? {} : { requestId }),
  });
}

/** What cannot be is no time at all: the ledger takes that of receipt and marks it, so that no budget's period is slipped. */
function timeOf(at: string | undefined, { nowMs, earliestMs }: Teller): string {
  if (at === undefined) return toIsoTime(nowMs);
  return parseTime(at) < earliestMs ? "" : at;
}

interface Issue {
  readonly code?: string | undefined;
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

function sentenceOf([first, ...others]: readonly Issue[], payload: HookPayload): string {
  if (first === undefined) return "Usage was not counted: it does not fit its schema.";
  // One number may break several rules.
  const fields = new Set(others.map(fieldOf).filter((field) => field !== fieldOf(first)));
  const more = fields.size === 0 ? "" : ` (and ${fields.size} more)`;
  return `Usage was not counted: ${problemOf(first, payload)}${more}.`;
}

function problemOf(issue: Issue, payload: HookPayload): string {
  const field = fieldOf(issue);
  if (issue.code === "unrecognized_keys") return `it may have no fields but ${FIELDS}`;
  return payload[field] === undefined ? `${field} is missing` : `${field} ${issue.message}`;
}

function fieldOf({ path }: Issue): string {
  return path.map(String).join(".");
}

const FIELDS = Object.keys(usageHookSchema.shape).join(", ");
