/** Everything between a fresh clone and a running program; each step does nothing where nothing is to do. */
import { spawn } from "node:child_process";
import { build } from "./build.js";
import { ensureDependencies } from "./dependencies.js";
import { ensureNode, projectEnv, runsOnProjectNode } from "./toolchain.js";

/** Dependencies, native modules, build. Must run on the project's Node: see `onProjectNode`. */
export async function bootstrap() {
  await ensureDependencies();
  await build();
}

/**
 * Continues `work` here when this is the project's Node; otherwise runs the same program again under it and ends with
 * its exit code.
 */
export async function onProjectNode(work) {
  if (runsOnProjectNode) return work();
  const node = await ensureNode();
  await become(node, process.argv.slice(1));
}

/** Stands in for exec: same stdio, signals passed on, its exit code ours. Killing us outright leaves the child alone. */
export async function become(file, args, env = projectEnv(file)) {
  const child = spawn(file, args, { stdio: "inherit", env });
  for (const signal of ["SIGTERM", "SIGHUP", "SIGINT", "SIGUSR2"]) {
    process.on(signal, () => {
      // A terminal sends Ctrl-C to the whole group: the child has it already.
      if (signal !== "SIGINT" || !process.stdin.isTTY) child.kill(signal);
    });
  }
  const [code, signal] = await new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (...ending) => resolve(ending));
  });
  if (signal !== null) {
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
    return;
  }
  process.exit(code);
}
