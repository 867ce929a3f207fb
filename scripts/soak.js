/** `npm run soak [ROW…]`: every fault many times over (test/soak/run.ts). */
import { bootstrap } from "./bootstrap.js";

/** Runs where TypeScript's types can be stripped: the project's own Node. */
export async function soak(args) {
  await bootstrap();
  const { soak: runRows } = await import("../test/soak/run.ts");
  if (!(await runRows(args))) process.exitCode = 1;
}
