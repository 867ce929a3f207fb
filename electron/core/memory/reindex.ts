/** After a repair of the database full-text tables are empty; words follow from the texts, so they are made again. */
import type { MemoryDeps } from "./deps.ts";
import { textOf, toItem, toRow, ROW } from "./memoryRows.ts";
import { countOf } from "./contextRows.ts";

export function reindex({ store, logger }: MemoryDeps): void {
  const memories = countOf(store, "SELECT count(*) AS n FROM memories");
  const indexed = countOf(store, "SELECT count(*) AS n FROM memories_text");
  const isSecure = store.get("SELECT 1 AS secure FROM memories_text_config WHERE k = 'secure-delete' AND v = 1");
  if (memories === indexed && isSecure !== undefined) return;
  store.transact({
    actor: "system",
    work: (tx) => {
      tx.run("INSERT INTO memories_text (memories_text) VALUES ('delete-all')");
      // Of deleted words nothing stays in the index: FTS5's own option, gone with the rest of the index's tables.
      tx.run("INSERT INTO memories_text (memories_text, rank) VALUES ('secure-delete', 1)");
      for (const row of tx.all(`SELECT ${ROW} FROM memories m`).map(toRow))
        tx.run("INSERT INTO memories_text (rowid, text) VALUES (?, ?)", [row.rowid, textOf(toItem(row))]);
      tx.run("DELETE FROM memory_bits WHERE rowid NOT IN (SELECT rowid FROM memories)");
      tx.run("DELETE FROM memory_vectors WHERE rowid NOT IN (SELECT rowid FROM memories)");
    },
  });
  logger.warn("The words of the memories were indexed anew.", { memories, indexed });
}
