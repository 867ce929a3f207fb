#!/usr/bin/env node
/** `npx signalbox …` in a clone: any Node from 20 on starts it, the project's Node runs it. Speaks on stderr only. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { become, bootstrap, onProjectNode } from "./bootstrap.js";
import { isBuilt, isFresh } from "./build.js";
import { dependenciesAreInstalled } from "./dependencies.js";
import { Advice, main, outDir, root, say } from "./project.js";
import { findNode, runsOnProjectNode } from "./toolchain.js";

const given = process.argv.slice(2);
const commandAt = indexOfCommand(given);
const isServer = given[commandAt] === "serve";
const program = join(outDir, isServer ? "headless.js" : "cli.js");
const programArgs = isServer ? given.toSpliced(commandAt, 1) : given;

/** `signalbox --data DIR serve` is as good as `signalbox serve --data DIR`. */
function indexOfCommand(args) {
  let index = 0;
  while (args[index]?.startsWith("--")) index += args[index] === "--data" ? 2 : 1;
  return index;
}

/** A server starts from what lies here now; a client must fit the server that runs, so it only needs to exist. */
async function prepare() {
  if (!isServer && isBuilt(["cli"]) && dependenciesAreInstalled()) return;
  try {
    if (isServer) setUpAside();
    else await bootstrap();
  } catch (error) {
    if (!(error instanceof Advice) || !isBuilt([isServer ? "headless" : "cli"])) throw error;
    say(`${error.message} Going on with the build from before.`);
  }
}

/** In a process of its own: the bundlers would keep hundreds of megabytes of the one that goes on as the server. */
function setUpAside() {
  if (dependenciesAreInstalled() && isFresh()) return;
  const build = [join(root, "scripts", "run.js"), "build"];
  const { status } = spawnSync(process.execPath, build, { stdio: ["ignore", 2, 2] });
  if (status !== 0) throw new Advice("the set-up failed; what is wrong is printed above.");
}

/** In this process where it is the right Node: one start less, and the pid people see is the program's own. */
async function runProgram() {
  process.argv = [process.argv[0], program, ...programArgs];
  await import(pathToFileURL(program).href);
}

main(async () => {
  const node = findNode();
  if (runsOnProjectNode) {
    await prepare();
    return runProgram();
  }
  if (node !== undefined && !isServer && isBuilt(["cli"])) return become(node, [program, ...programArgs]);
  return onProjectNode(async () => {});
});
