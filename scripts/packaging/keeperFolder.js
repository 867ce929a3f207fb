/**
 * Gathers what the packaged keeper needs into .cache/packaging/keeper-<platform>-<arch>: a Node for the target, the
 * bundled keeper and node-pty. electron-builder copies it beside the archive.
 */
import { chmodSync, cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Advice, cacheDir, outDir, root, say } from "../project.js";
import { nodePackageFor, runNpm } from "../toolchain.js";

/** `platform` and `arch` as process.platform and process.arch name them. */
export async function gatherKeeper({ platform, arch }) {
  const folder = join(cacheDir, "packaging", `keeper-${platform}-${arch}`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const name = platform === "win32" ? "node.exe" : "node";
  cpSync(await fetchNode(platform, arch, name), join(folder, name));
  if (platform !== "win32") chmodSync(join(folder, name), 0o755);
  cpSync(join(outDir, "keeper.js"), join(folder, "keeper.js"));
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }));
  copyNodePty(folder, `${platform}-${arch}`);
  say(`gathered the keeper for ${platform}-${arch}.`);
  return folder;
}

async function fetchNode(platform, arch, name) {
  const { name: packageName, major } = nodePackageFor(platform, arch);
  const staging = join(cacheDir, "packaging", `node-${platform}-${arch}`);
  const binary = join(staging, "node_modules", packageName, "bin", name);
  if (existsSync(binary)) return binary;
  mkdirSync(staging, { recursive: true });
  writeFileSync(join(staging, "package.json"), "{}");
  const args = [
    "install",
    "--prefix",
    staging,
    "--ignore-scripts",
    "--no-save",
    "--no-package-lock",
    "--no-audit",
    "--no-fund",
    "--force",
    `${packageName}@${major}`,
  ];
  await runNpm(args, { log: "packaging-node.log", cwd: staging, doing: `fetching Node for ${platform}-${arch}` });
  return binary;
}

function copyNodePty(folder, target) {
  const from = join(root, "node_modules", "node-pty");
  const to = join(folder, "node_modules", "node-pty");
  const prebuilt = join(from, "prebuilds", target);
  const compiled = join(from, "build", "Release");
  const isOwn = target === `${process.platform}-${process.arch}`;
  if (!existsSync(prebuilt) && !(isOwn && existsSync(compiled)))
    throw new Advice(`node-pty has no binary for ${target}; package on a machine of that kind.`);
  for (const part of ["package.json", "LICENSE", "lib"]) cpSync(join(from, part), join(to, part), { recursive: true });
  if (existsSync(prebuilt)) cpSync(prebuilt, join(to, "prebuilds", target), { recursive: true });
  else cpSync(join(compiled, "pty.node"), join(to, "build", "Release", "pty.node"));
}
