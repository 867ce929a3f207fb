/** A supervisor's result code of a start, as the refusal a person reads. */
import { fail, ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import type { RestartChildResult } from "#core/kernel/index.ts";

/** `path` names the child; `not_found` is the caller's to handle. */
export function startAnswer(path: string, code: Exclude<RestartChildResult["code"], "not_found">): Result<void> {
  switch (code) {
    case "ok":
    case "ignored":
      return ok(undefined);
    case "running":
      return fail("already_started", `${path} runs already.`);
    case "restarting":
      return fail("restarting", `${path} is being restarted.`);
    case "stopping":
      return fail("conflict", `The supervisor of ${path} is stopping. Try again in a moment.`);
    case "start_error":
      return fail("spawn_failed", `${path} could not be started.`);
  }
}
