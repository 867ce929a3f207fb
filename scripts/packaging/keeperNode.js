/** The Node that the packaged keeper runs on, in .cache/packaging/node-<platform>-<arch>; electron-builder.yml takes it from there. */
import { chmodSync, cpSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Advice, cacheDir, say } from "../project.js";
import { nodePackageFor, runNpm } from "../toolchain.js";

/** `platform` and `arch` as process.platform and process.arch name them. */
export async function fetchKeeperNode({ platform, arch }) {
  const wanted = nodePackageFor(platform, arch);
  if (wanted === undefined) throw new Advice(`there is no Node to ship for ${platform}-${arch}.`);
  const name = platform === "win32" ? "node.exe" : "node";
  const target = join(cacheDir, "packaging", `node-${platform}-${arch}`, name);
  if (existsSync(target)) return;
  const staging = join(cacheDir, "packaging", "staging");
  mkdirSync(staging, { recursive: true });
  writeFileSync(join(staging, "package.json"), "{}");
  const spec = `${wanted.name}@${wanted.major}`;
  const flags = ["--ignore-scripts", "--no-save", "--no-package-lock", "--no-audit", "--no-fund", "--force"];
  await runNpm(["install", "--prefix", staging, ...flags, spec], {
    log: "packaging-node.log",
    cwd: staging,
    doing: `fetching ${spec}`,
  });
  cpSync(join(staging, "node_modules", wanted.name, "bin", name), target);
  cpSync(join(staging, "node_modules", wanted.name, "LICENSE"), join(target, "..", "LICENSE"));
  if (platform !== "win32") chmodSync(target, 0o755);
  say(`the keeper's Node for ${platform}-${arch} is in ${target}.`);
}
