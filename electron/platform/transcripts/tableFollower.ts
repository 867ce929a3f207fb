/** One life's part of a CLI's own database: read when it begins to be followed and when it ends; in between the CLI tells us itself. */
import type { TableTranscripts, TranscriptSubject } from "#core/ports/usageAdapter.ts";
import { readTable } from "./tableReader.ts";
import type { FollowerOptions } from "./transcriptFollower.ts";

export class TableFollower {
  readonly #options: Omit<FollowerOptions, "format"> & { readonly format: TableTranscripts };
  #subject: TranscriptSubject;

  constructor(options: Omit<FollowerOptions, "format"> & { readonly format: TableTranscripts }) {
    this.#options = options;
    this.#subject = options.subject;
    if (options.subject.cliSessionIds.length > 0) this.#read();
  }

  add(cliSessionId: string): void {
    if (this.#subject.cliSessionIds.includes(cliSessionId)) return;
    this.#subject = { ...this.#subject, cliSessionIds: [...this.#subject.cliSessionIds, cliSessionId] };
  }

  end(): Promise<void> {
    this.#read();
    return Promise.resolve();
  }

  dispose(): void {
    // Nothing is held between two readings.
  }

  #read(): void {
    const { format, place, sinceMs, onFindings, onTrouble } = this.#options;
    const file = format.file(place);
    try {
      for (const page of readTable(file, format, sinceMs)) {
        const own = page.rows.filter((row) => format.belongs(row, this.#subject));
        const reports = own.flatMap((row) => format.row(row) ?? []);
        if (reports.length > 0) onFindings({ reports, totals: [], gaps: [] });
      }
    } catch (error) {
      onTrouble(`${file} could not be read: ${String(error)}.`);
    }
  }
}
