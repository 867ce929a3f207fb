/** Joins a transcript's lines to its parser; findings gather until they are taken. */
import type { LineTranscripts, TranscriptParser, UsageFindings } from "#core/ports/usageAdapter.ts";
import type { UsageReport, UsageTotals } from "#core/ports/usage.ts";
import type { LineTaker } from "./lineFile.ts";

export class FindingsTaker implements LineTaker {
  readonly #format: LineTranscripts;
  readonly #path: string;
  #parser: TranscriptParser;
  #reports: UsageReport[] = [];
  #totals: UsageTotals[] = [];

  constructor(format: LineTranscripts, path: string) {
    this.#format = format;
    this.#path = path;
    this.#parser = format.createParser(path);
  }

  line(text: string): boolean {
    const found = this.#parser.line(text);
    if (found === undefined) return false;
    this.#reports.push(...found.reports);
    this.#totals.push(...found.totals);
    return true;
  }

  restart(): void {
    this.#parser = this.#format.createParser(this.#path);
  }

  restore(state: string): void {
    this.#parser.restore(state);
  }

  state(): string {
    return this.#parser.state();
  }

  take(): UsageFindings {
    const found = { reports: this.#reports, totals: this.#totals, gaps: [] };
    this.#reports = [];
    this.#totals = [];
    return found;
  }
}
