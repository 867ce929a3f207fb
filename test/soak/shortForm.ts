/** A row of the soak as a test of every commit: the same code with small numbers. */
import { expect, it } from "vitest";
import { runRow } from "./soak.ts";
import type { SoakRow } from "./soak.ts";

export function shortForm(row: SoakRow, timeoutMs?: number): void {
  it(row.purpose, { timeout: timeoutMs ?? 120_000 }, async (context) => {
    const seed = Number(process.env["SIGNALBOX_SOAK_SEED"] ?? Math.floor(Math.random() * 2 ** 32));
    const again = `npm run soak ${row.name} -- --short --seed ${seed}`;
    const say = (line: string): void => void process.stderr.write(`${row.name}: ${line}\n`);
    const found = await runRow(row, { isShort: true, seed, say }).catch((error: unknown) => {
      throw new Error(`again: ${again}`, { cause: error });
    });
    say(`seed ${seed}: ${JSON.stringify(found.figures)}`);
    expect(found.problems, `again: ${again}`).toEqual([]);
    if (found.skipped !== undefined) {
      say(`SKIPPED: ${found.skipped}`);
      context.skip(found.skipped);
    }
  });
}
