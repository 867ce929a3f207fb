/** A person's word for a node (`id`, `fleet/id`, a fleet's name) to the one node it means. */
import { fail, ok } from "#shared/model/result.ts";
import type { Rejection, Result } from "#shared/model/result.ts";
import { nearest } from "#shared/lib/nearest.ts";
import type { KnownFleet } from "./knownFleet.ts";

export interface ResolvedNode {
  readonly known: KnownFleet;
  readonly id: string;
  readonly path: string;
  readonly isFleet: boolean;
}

export function resolveNode(fleets: ReadonlyMap<string, KnownFleet>, ref: string): Result<ResolvedNode> {
  const named = fleets.get(ref);
  if (named !== undefined) return ok({ known: named, id: ref, path: ref, isFleet: true });
  const found: ResolvedNode[] = [];
  for (const known of fleets.values()) {
    for (const [id, { path }] of known.runtime.tree.records) {
      if (path === ref || (id === ref && id !== known.row.name)) found.push({ known, id, path, isFleet: false });
    }
  }
  const [only] = found;
  if (only !== undefined && found.length === 1) return ok(only);
  if (found.length > 1)
    return fail(
      "ambiguous",
      `${ref} is the id of several children: ${found.map(({ path }) => path).join(", ")}. Write fleet/id.`,
    );
  const ids = [...fleets.values()].flatMap((known) => [...known.runtime.tree.records.keys()]);
  const meant = nearest(ref, ids);
  return fail(
    "not_found",
    `There is no agent, supervisor or fleet ${ref}.${meant === undefined ? "" : ` Did you mean ${meant}?`}`,
  );
}

/** Errors: not_found with the fleets there are. */
export function unknownFleet(fleets: ReadonlyMap<string, KnownFleet>, name: string): Result<never> {
  const names = [...fleets.keys()];
  const sentence = names.length === 0 ? "No fleet is known yet." : `Known are ${names.join(", ")}.`;
  return fail("not_found", `There is no fleet ${name}. ${sentence}`);
}

/** What is not here may be on another machine: then that is the reason. */
export function orElsewhere<T>(found: Result<T>, elsewhere: Rejection | undefined): Result<T> {
  if (found.ok || found.error.code !== "not_found" || elsewhere === undefined) return found;
  return { ok: false, error: elsewhere };
}
