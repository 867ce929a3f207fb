/** Where the keeper's parts lie: beside the built core, in the packaged app's resources, or as source in a clone. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { findPtyBindingDir } from "#platform/nodePty.ts";

export interface KeeperParts {
  readonly bundle: string;
  /** A plain Node: the one that runs this, or the one shipped with the packaged app (architecture, decision 9). */
  readonly nodePath: string;
  readonly nativeDir: string;
}

export function keeperParts(): KeeperParts {
  const here = dirname(fileURLToPath(import.meta.url));
  const built = join(here, "keeper.js");
  const bundle = existsSync(built) ? built : join(here, "keeper", "main.ts");
  return { bundle, nodePath: plainNode(), nativeDir: outsideArchive(findPtyBindingDir()) };
}

function plainNode(): string {
  if (process.versions["electron"] === undefined) return process.execPath;
  const name = process.platform === "win32" ? "node.exe" : "node";
  const shipped = join(process.resourcesPath, "node", name);
  if (existsSync(shipped)) return shipped;
  return process.env["SIGNALBOX_NODE"] ?? name;
}

/** The packaged app keeps the binding unpacked beside its archive, where copying and loading see plain files. */
function outsideArchive(dir: string): string {
  return dir.replace(/app\.asar(?=[\\/])/, "app.asar.unpacked");
}
