/** Configurations of streams and consumers: refused with a sentence and JetStream's number, or taken as they are. */
import { containsPattern, patternProblem } from "#shared/lib/subjects.ts";
import { BUS_ERRORS, consumerConfigSchema, streamConfigSchema } from "#shared/model/bus.ts";
import type { ConsumerConfig, ConsumerSettings, StreamConfig, StreamSettings } from "#shared/model/bus.ts";
import { fail, ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import { firstOverlap } from "./streamSource.ts";

export function checkStream(config: StreamConfig): Result<StreamSettings> {
  const parsed = streamConfigSchema.safeParse(config);
  if (!parsed.success) return invalid("stream", parsed.error.issues[0], BUS_ERRORS.invalidStream);
  for (const subject of parsed.data.subjects) {
    const problem = patternProblem(subject);
    if (problem !== undefined) return fail("bad_request", problem.message, { errCode: BUS_ERRORS.invalidStream });
  }
  const twice = firstOverlap(parsed.data.subjects);
  if (twice !== undefined)
    return fail("bad_request", `A message could fall under both "${twice[0]}" and "${twice[1]}".`, {
      errCode: BUS_ERRORS.invalidStream,
    });
  return ok(parsed.data);
}

export function checkConsumer(config: ConsumerConfig, streamSubjects: readonly string[]): Result<ConsumerSettings> {
  const parsed = consumerConfigSchema.safeParse(config);
  if (!parsed.success) return invalid("consumer", parsed.error.issues[0], BUS_ERRORS.invalidConsumer);
  const settings = parsed.data;
  return startProblem(settings) ?? backoffProblem(settings) ?? filterProblem(settings, streamSubjects) ?? ok(settings);
}

type Refused = Extract<Result<never>, { ok: false }>;

function invalid(what: string, issue: { path: PropertyKey[]; message: string } | undefined, errCode: number): Refused {
  const field = issue?.path.map(String).join(".") ?? "";
  const number = field === "name" ? BUS_ERRORS.invalidName : errCode;
  return fail("bad_request", `The ${what}'s ${field} is not right: ${issue?.message ?? ""}`, { errCode: number });
}

function startProblem({ deliver, startSeq, startTime }: ConsumerSettings): Refused | undefined {
  const wrong = (message: string): Refused => fail("bad_request", message, { errCode: BUS_ERRORS.invalidConsumer });
  if ((deliver === "by_start_sequence") !== (startSeq !== undefined))
    return wrong("A consumer has a startSeq exactly when it delivers by_start_sequence.");
  if ((deliver === "by_start_time") !== (startTime !== undefined))
    return wrong("A consumer has a startTime exactly when it delivers by_start_time.");
  return undefined;
}

function backoffProblem({ backoffMs, maxDeliver }: ConsumerSettings): Refused | undefined {
  if (maxDeliver === 0)
    return fail("bad_request", "maxDeliver is at least 1, or -1 for without end.", {
      errCode: BUS_ERRORS.invalidConsumer,
    });
  if (backoffMs === undefined) return undefined;
  if (backoffMs.some((ms) => ms < 0))
    return fail("bad_request", "A wait of the backoff list is negative.", { errCode: BUS_ERRORS.invalidConsumer });
  if (maxDeliver > 0 && backoffMs.length > maxDeliver)
    return fail(
      "bad_request",
      `The backoff list has ${backoffMs.length} waits, and a message is delivered ${maxDeliver} times at most.`,
      { errCode: BUS_ERRORS.backoffTooLong },
    );
  return undefined;
}

function filterProblem({ filters }: ConsumerSettings, subjects: readonly string[]): Refused | undefined {
  for (const filter of filters) {
    const problem = patternProblem(filter);
    if (problem !== undefined) return fail("bad_request", problem.message, { errCode: BUS_ERRORS.invalidConsumer });
    if (!subjects.some((subject) => containsPattern(subject, filter) || containsPattern(filter, subject)))
      return fail("bad_request", `Nothing that falls under "${filter}" is in this stream (${subjects.join(", ")}).`, {
        errCode: BUS_ERRORS.filterOutside,
      });
  }
  const twice = firstOverlap(filters);
  return twice === undefined
    ? undefined
    : fail("bad_request", `A message could fall under both "${twice[0]}" and "${twice[1]}".`, {
        errCode: BUS_ERRORS.filtersOverlap,
      });
}
