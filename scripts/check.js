/** `npm run check`: the one gate. Static checks first, all of them even when one fails; then every test. */
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { ensureDependencies } from "./dependencies.js";
import { root, say, since } from "./project.js";
import { test } from "./test.js";
import { projectEnv, run } from "./toolchain.js";

const LAW = "--config .dependency-cruiser.cjs electron shared renderer";
const tsc = (name) => gate(`types, ${name}`, "typescript/bin/tsc", `-p tsconfig.${name}.json`);

/** Every static check: a name a person knows, the program inside node_modules, its arguments. */
const GATES = [
  gate("format", "oxfmt/bin/oxfmt", "--check ."),
  gate("lint", "oxlint/bin/oxlint", "--type-aware --deny-warnings ."),
  ...["shared", "main", "renderer", "test"].map(tsc),
  gate("import law", "dependency-cruiser/bin/dependency-cruiser.mjs", LAW),
  gate("unused code", "knip/bin/knip.js", "--no-config-hints"),
];

function gate(name, program, args) {
  return { name, argv: [join(root, "node_modules", ...program.split("/")), ...args.split(" ")] };
}

/** `--static` leaves the tests out; words (`lint types`) pick single checks. */
export async function check(args) {
  await ensureDependencies();
  const words = args.filter((arg) => !arg.startsWith("--"));
  const chosen = GATES.filter(({ name }) => words.length === 0 || words.some((word) => name.startsWith(word)));
  const failed = await runAll(chosen);
  say(
    `static checks: ${chosen.length - failed.length} passed, ${failed.length} failed${failed.length > 0 ? `: ${failed.join("; ")}` : ""}.`,
  );
  if (!args.includes("--static") && words.length === 0) await test([]);
  if (failed.length > 0) process.exitCode = 1;
}

/** Each type program keeps one core busy for half a minute: as many at a time as there are, at most four for the memory's sake. */
async function runAll(gates) {
  const waiting = [...gates];
  const failed = [];
  const work = async () => {
    for (let one = waiting.shift(); one !== undefined; one = waiting.shift())
      if (!(await passes(one))) failed.push(one.name);
  };
  await Promise.all(Array.from({ length: Math.min(4, availableParallelism()) }, work));
  return failed;
}

async function passes({ name, argv }) {
  const startedAt = performance.now();
  const chunks = [];
  const options = { cwd: root, env: projectEnv(process.execPath), stdio: ["ignore", "pipe", "pipe"] };
  const code = await run(process.execPath, argv, { ...options, onOutput: (chunk) => chunks.push(chunk) });
  say(`${code === 0 ? "ok    " : "FAILED"} ${name} (${since(startedAt)})`);
  if (code !== 0) process.stdout.write(Buffer.concat(chunks));
  return code === 0;
}
