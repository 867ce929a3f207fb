/** Reads all transcripts of some agent CLIs, in batches; runs in the transcripts' thread. A file that fails is passed over. */
import { stat } from "node:fs/promises";
import type { ArchiveBatch, ArchiveMark, UsageReport, UsageTotals } from "#core/ports/usage.ts";
import type { LineTranscripts, TableTranscripts, TranscriptFormat, TranscriptPlace } from "#core/ports/usageAdapter.ts";
import { FindingsTaker } from "./findingsTaker.ts";
import { LineFile } from "./lineFile.ts";
import { readTable } from "./tableReader.ts";
import { walk } from "./transcriptFiles.ts";

/** A batch is one transaction of the ledger: a few hundred reports take some milliseconds. */
const BATCH_REPORTS = 300;
/** Read between two batches at most; keeps progress and memory even. */
const STEP_BYTES = 4 * 1024 * 1024;

export interface ArchiveFile {
  readonly path: string;
  readonly size: number;
  readonly format: TranscriptFormat;
}

export async function listArchive(
  formats: readonly TranscriptFormat[],
  place: TranscriptPlace,
): Promise<readonly ArchiveFile[]> {
  const files: ArchiveFile[] = [];
  for (const format of formats) {
    if (format.kind === "table") {
      const path = format.file(place);
      const found = await stat(path).catch(() => undefined);
      if (found !== undefined) files.push({ path, size: found.size, format });
      continue;
    }
    const found = await walk({ root: format.root(place), ways: format.ways(), maxFolders: Number.POSITIVE_INFINITY });
    // Oldest first, so that the parent of a fork is met before the fork.
    const ordered = found.files.toSorted((a, b) => a.modifiedAt - b.modifiedAt);
    files.push(...ordered.map(({ path, size }) => ({ path, size, format })));
  }
  return files;
}

export class ArchiveReader {
  readonly #files: readonly ArchiveFile[];
  readonly #marks: ReadonlyMap<string, string>;
  #filesDone = 0;
  #bytesDone = 0;
  #skippedLines = 0;
  #reports: UsageReport[] = [];
  #totals: UsageTotals[] = [];
  #newMarks: ArchiveMark[] = [];

  constructor(files: readonly ArchiveFile[], marks: ReadonlyMap<string, string>) {
    this.#files = files;
    this.#marks = marks;
  }

  async *read(): AsyncGenerator<ArchiveBatch> {
    let agent = "";
    for (const file of this.#files) {
      agent = file.format.agent;
      const steps = file.format.kind === "table" ? this.#table(file, file.format) : this.#lines(file, file.format);
      try {
        for await (const _ of steps) if (this.#reports.length >= BATCH_REPORTS) yield* this.#batches(agent);
      } catch {
        // Gone or unreadable by now: its mark stays, so that the next import tries again.
        this.#skippedLines += 1;
      }
      this.#filesDone += 1;
      if (this.#reports.length >= BATCH_REPORTS || this.#newMarks.length >= BATCH_REPORTS) yield* this.#batches(agent);
    }
    if (agent !== "") yield* this.#batches(agent);
  }

  async *#lines(file: ArchiveFile, format: LineTranscripts): AsyncGenerator<void> {
    const taker = new FindingsTaker(format, file.path);
    const lines = new LineFile(file.path, taker, this.#marks.get(file.path));
    const before = this.#bytesDone;
    for (;;) {
      const { bytes, skipped } = await lines.read(STEP_BYTES);
      const { reports, totals } = taker.take();
      this.#reports.push(...reports);
      this.#totals.push(...totals);
      this.#skippedLines += skipped;
      this.#bytesDone += bytes;
      this.#mark(file.path, lines.mark());
      if (bytes === 0) break;
      yield;
    }
    this.#bytesDone = before + file.size;
  }

  *#table(file: ArchiveFile, format: TableTranscripts): Generator<void> {
    const since = Number(this.#marks.get(file.path) ?? 0);
    for (const { rows, next } of readTable(file.path, format, Number.isFinite(since) ? since : 0)) {
      this.#reports.push(...rows.flatMap((row) => format.row(row) ?? []));
      if (next !== undefined) this.#mark(file.path, String(next));
      yield;
    }
    this.#bytesDone += file.size;
  }

  #mark(file: string, mark: string | undefined): void {
    if (mark === undefined || mark === this.#marks.get(file)) return;
    this.#newMarks = [...this.#newMarks.filter((known) => known.file !== file), { file, mark }];
  }

  /** All but the last hold no marks: a mark stands only after everything before it. */
  *#batches(agent: string): Generator<ArchiveBatch> {
    const progress = {
      agent,
      files: this.#files.length,
      filesDone: this.#filesDone,
      bytes: this.#files.reduce((sum, file) => sum + file.size, 0),
      bytesDone: this.#bytesDone,
      skippedLines: this.#skippedLines,
    };
    while (this.#reports.length > BATCH_REPORTS)
      yield { reports: this.#reports.splice(0, BATCH_REPORTS), totals: [], marks: [], progress };
    const { reports, totals, marks } = { reports: this.#reports, totals: this.#totals, marks: this.#newMarks };
    this.#reports = [];
    this.#totals = [];
    this.#newMarks = [];
    yield { reports, totals, marks, progress };
  }
}
