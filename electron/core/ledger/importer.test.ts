/** Imports: once, resumable, cancellable, and never more than was read. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ArchiveBatch, TranscriptArchive } from "#core/ports/usage.ts";
import { openLedger, usageReport } from "#test/support/ledgerRig.ts";
import type { LedgerRig } from "#test/support/ledgerRig.ts";
import { Importer } from "./index.ts";

const FILES = 5;
const PER_FILE = 150;

/** Five files of 150 requests; a file with a mark is passed over. */
function archive(onFile: (file: number) => void = () => undefined): TranscriptArchive {
  return {
    async *read({ markOf }) {
      for (let file = 0; file < FILES; file++) {
        onFile(file);
        if (markOf(`f${file}`) !== undefined) continue;
        await Promise.resolve();
        yield batch(file);
      }
    },
  };
}

function batch(file: number): ArchiveBatch {
  const reports = Array.from({ length: PER_FILE }, (_, index) =>
    usageReport({
      sessionId: "outside",
      sourceKey: `f${file}:${index}`,
      messageId: `msg_${file}_${index}`,
      tokens: { input: index, output: file, cacheRead: 0, cacheWrite: 0, reasoning: 0 },
    }),
  );
  const progress = {
    agent: "claude",
    files: FILES,
    filesDone: file + 1,
    bytes: 500,
    bytesDone: 100 * (file + 1),
    skippedLines: file,
  };
  return { reports, totals: [], marks: [{ file: `f${file}`, mark: "end" }], progress };
}

describe("an import", () => {
  let rig: LedgerRig;
  beforeEach(async () => {
    rig = await openLedger();
  });
  afterEach(() => {
    rig.close();
    expect(rig.errors).toEqual([]);
  });

  const importer = (from: TranscriptArchive): Importer =>
    new Importer({ ...rig, archive: from, logger: { debug() {}, info() {}, warn() {}, error() {} }, newId: () => "i" });
  const ended = async (one: Importer): Promise<void> => {
    while (one.state.state === "running") await rig.clock.advance(1);
  };
  const count = (): number => rig.views.totals({ imported: "with", groupBy: "none" }).total.entries;

  it("takes everything once; a second one adds nothing", async () => {
    const first = importer(archive());
    first.start(undefined);
    await ended(first);
    expect([first.state.state, first.state.entries, first.state.filesDone, count()]).toEqual(["done", 750, 5, 750]);
    rig.store.transact({ actor: "system", work: (tx) => tx.run("DELETE FROM usage_import_marks") });
    const second = importer(archive());
    second.start(undefined);
    await ended(second);
    expect([second.state.entries, second.state.duplicates, count()]).toEqual([0, 750, 750]);
  });

  it("goes on after a cancel where it was", async () => {
    const first: Importer = importer(archive((file) => void (file === 3 && first.cancel())));
    first.start(undefined);
    await ended(first);
    expect([first.state.state, count()]).toEqual(["cancelled", 3 * PER_FILE]);
    const second = importer(archive());
    second.start(undefined);
    await ended(second);
    expect([second.state.state, second.state.entries, second.state.duplicates, count()]).toEqual(["done", 300, 0, 750]);
  });

  it("runs one at a time", async () => {
    const one = importer(archive());
    expect([one.start(undefined).ok, one.start(undefined)]).toMatchObject([
      true,
      { ok: false, error: { code: "already_started" } },
    ]);
    await ended(one);
  });

  it("keeps what was read when reading fails, and writes one event for all of it", async () => {
    const broken: TranscriptArchive = {
      async *read() {
        await Promise.resolve();
        yield batch(0);
        throw new Error("disk gone");
      },
    };
    const one = new Importer({
      ...rig,
      archive: broken,
      logger: { debug() {}, info() {}, warn() {}, error() {} },
      newId: () => "i",
    });
    one.start(undefined);
    await ended(one);
    expect([one.state.state, one.state.message?.includes("disk gone"), count()]).toEqual(["failed", true, PER_FILE]);
    rig.recorder.flush();
    expect(rig.store.events.read({ limit: 100 }).map(({ type }) => type)).toEqual(["usage.imported"]);
  });
});
