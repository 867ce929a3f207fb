/** Which server a name means. */
import { nearest } from "#shared/lib/nearest.ts";
import { fail, ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";

/** A caller's own fleet goes before a person's server of the same id, and that before other fleets'. Errors: not_found, ambiguous. */
export function resolveServer(keys: readonly string[], ref: string, ownFleet?: string): Result<string> {
  const own = `${ownFleet ?? ""}/${ref}`;
  if (ownFleet !== undefined && keys.includes(own)) return ok(own);
  if (keys.includes(ref)) return ok(ref);
  const found = keys.filter((key) => key.endsWith(`/${ref}`));
  const [only] = found;
  if (found.length === 1 && only !== undefined) return ok(only);
  if (found.length > 1) return fail("ambiguous", `${ref} is ${found.join(" and ")}. Say which.`);
  if (keys.length === 0)
    return fail(
      "not_found",
      `There is no server ${ref}. Add one with "signalbox tools add", or declare it in a fleet file under "servers".`,
    );
  const meant = nearest(ref, keys);
  return fail(
    "not_found",
    `There is no server ${ref}. ${meant === undefined ? `Known are ${keys.join(", ")}.` : `Did you mean ${meant}?`}`,
  );
}
