/** A process that packs and cuts a recording over and over until it is killed; says when it begins. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { removeStretch, tidyLog } from "#platform/segmentLogCut.ts";
import { packSegment } from "#platform/segmentLogPacked.ts";

const [dir = "", from = "0", to = "0"] = process.argv.slice(2);
process.stdout.write("begin\n");
await tidyLog(dir, false);
for (const name of readdirSync(dir).filter((one) => one.endsWith(".log"))) await packSegment(join(dir, name));
if (Number(to) > 0) {
  const gap = { from: Number(from), to: Number(to), reason: "person" as const, at: "2026-11-01T10:00:00.000Z" };
  await removeStretch(dir, gap, false);
}
process.stdout.write("done\n");
