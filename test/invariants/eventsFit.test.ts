/** What every app of the integration tests is held to at its end (test/support/liveApp.ts). */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { openStore } from "#core/store/index.ts";
import { connectSqlite } from "#platform/sqlite.ts";
import { catalogue } from "#shared/model/catalogue/catalogue.ts";
import { unfitEvents } from "#test/support/eventsFit.ts";
import { ManualClock } from "#test/support/manualClock.ts";
import { silentLogger } from "#test/support/silentLogger.ts";

const dir = mkdtempSync(join(tmpdir(), "signalbox-fit-"));
afterEach(() => rmSync(dir, { recursive: true, force: true }));

it("names an event of the log whose data is not what the catalogue says of its type, and no other", async () => {
  const file = join(dir, "signalbox.sqlite");
  const opened = await openStore({ database: connectSqlite(file), clock: new ManualClock(), logger: silentLogger });
  if (!opened.ok) throw new Error(opened.error.message);
  const subject = "ws.shop.fleet.up";
  const good = { subject, type: "fleet.up", data: catalogue["fleet.up"].example } as const;
  opened.value.transact({ actor: "system", work: (tx) => void tx.append(good) });
  expect(unfitEvents(file)).toEqual([]);
  const odd = { ...good, data: { ...good.data, more: 1 } };
  opened.value.transact({ actor: "system", work: (tx) => [tx.append({ ...good, data: {} }), tx.append(odd)] });
  opened.value.close();
  expect(unfitEvents(file)).toEqual([
    expect.stringContaining("fleet.up (event 2): fleet"),
    expect.stringContaining('fleet.up (event 3): : Unrecognized key: "more"'),
  ]);
});
