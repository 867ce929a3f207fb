/** Where the text of a fleet comes from when a person says `up`. */
import { fail, ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import type { FleetFiles } from "#core/ports/fleetFiles.ts";
import type { FleetRow } from "./fleetStatus.ts";

/** A fleet started by name whose file is gone starts from the text that was last good. Errors: not_found, bad_request. */
export async function readSource(
  files: FleetFiles,
  { file, name }: { file?: string; name?: string },
  remembered: FleetRow | undefined,
): Promise<Result<{ file: string; text: string }>> {
  const path = file === undefined ? remembered?.file : files.resolve(file);
  if (path === undefined) return fail("not_found", `There is no fleet ${name ?? ""}. Give a fleet file.`);
  const read = await files.read(path);
  if (read.ok) return ok({ file: path, text: read.value });
  return remembered === undefined ? read : ok({ file: path, text: remembered.text });
}
