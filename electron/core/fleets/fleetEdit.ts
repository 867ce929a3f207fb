/** Edits a fleet text as a person would: one entry in or out, every comment and every other line as it was. */
import { isMap, isSeq, parseDocument } from "yaml";
import type { YAMLMap } from "yaml";
import { fail, ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";

/** Adds `child` at the end of the supervisor `parentId` (the fleet's name for the top). */
export function addChildToText(
  text: string,
  parentId: string,
  child: Readonly<Record<string, unknown>>,
): Result<string> {
  const document = parseDocument(text);
  const top = document.contents;
  if (document.errors.length > 0 || !isMap(top))
    return fail("fleet_invalid", "The fleet file has an error in it. Mend it first.");
  const parent = String(top.get("name")) === parentId ? top : findEntry(top, parentId)?.entry;
  if (parent === undefined) return fail("not_found", `There is no supervisor ${parentId} in the file.`);
  const children = parent.get("children", true);
  if (isSeq(children)) {
    children.add(document.createNode(child));
    if (children.items.length === 1) children.flow = false;
  } else parent.set("children", document.createNode([child]));
  return ok(document.toString({ lineWidth: 0 }));
}

export function removeChildFromText(text: string, id: string): Result<string> {
  const document = parseDocument(text);
  const top = document.contents;
  if (document.errors.length > 0 || !isMap(top))
    return fail("fleet_invalid", "The fleet file has an error in it. Mend it first.");
  const found = findEntry(top, id);
  if (found === undefined) return fail("not_found", `There is no child ${id} in the file.`);
  found.siblings.delete(found.index);
  return ok(document.toString({ lineWidth: 0 }));
}

interface Found {
  readonly entry: YAMLMap;
  readonly siblings: { delete(key: unknown): boolean };
  readonly index: number;
}

function findEntry(within: YAMLMap, id: string): Found | undefined {
  const children = within.get("children", true);
  if (!isSeq(children)) return undefined;
  for (const [index, entry] of children.items.entries()) {
    if (!isMap(entry)) continue;
    if (entry.get("id") === id) return { entry, siblings: children, index };
    const below = findEntry(entry, id);
    if (below !== undefined) return below;
  }
  return undefined;
}
