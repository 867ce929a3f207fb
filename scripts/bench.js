/** `npm run bench [ROW…]`: the built programs against their goals (test/bench/run.ts). */
import { bootstrap } from "./bootstrap.js";

/** Runs where TypeScript's types can be stripped: the project's own Node. */
export async function bench(args) {
  await bootstrap();
  const { bench: runRows } = await import("../test/bench/run.ts");
  if (!(await runRows(args))) process.exitCode = 1;
}
