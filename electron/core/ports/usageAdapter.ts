/** What one agent CLI tells of its token usage, and where: its own telemetry, its transcripts. Pure, so that a worker can run it. */
import type { Environment } from "./machine.ts";
import type { TelemetryBatch } from "./telemetry.ts";
import type { UsageGap, UsageReport, UsageTotals } from "./usage.ts";
import type { UsageConfidence, UsageSource } from "#shared/model/usage.ts";

/** What was read, without the session of ours it belongs to. */
export interface UsageFindings {
  readonly reports: readonly UsageReport[];
  readonly totals: readonly UsageTotals[];
  readonly gaps: readonly UsageGap[];
}

export interface UsageSourceFact {
  readonly source: UsageSource;
  /** One sentence: what it tells, and what it does not. */
  readonly what: string;
  readonly confidence: UsageConfidence;
  /** Told while the agent works; else when its session is over. */
  readonly live: boolean;
}

export interface UsageAdapter {
  /** Whose models it asks where nothing else is said; absent: that depends. */
  readonly provider?: string;
  /** Best first. */
  readonly sources: readonly UsageSourceFact[];
  /** Whether its hooks can refuse a prompt and a tool call, also what a person types into its terminal. */
  readonly refusesByHook: boolean;
  /** One sentence where the person's own settings keep us from the best source: theirs are never overruled. */
  standsAside?(): Promise<string | undefined>;
  /** A request that this report proves and that the CLI tells nowhere; listed as unknown unless the gateway sees the life. */
  hiddenBeside?(report: UsageReport): Omit<UsageGap, "sessionId"> | undefined;
  /** What only its telemetry knows of, and nobody who was not there to hear it: `titles`. */
  readonly heardOnly?: string;
  /** Reads one life's telemetry; one reader per life, since some meaning is in what came before. */
  createTelemetryReader?(): TelemetryReader;
}

export interface TelemetryReader {
  /** `cliSessionId`: the main conversation as far as it is known; others are subagents' or hidden ones. */
  read(batch: TelemetryBatch, life: { readonly cliSessionId?: string | undefined }): UsageFindings;
  /** The life is over: what it left unsaid. */
  ended?(): UsageFindings;
}

/** What a program prints for machines, where that tells of usage. */
export interface PrintedUsage {
  /** The CLI whose transcripts tell more; `command` where it is none we know. */
  readonly agent: string;
  readonly provider?: string;
  createReader(): PrintedReader;
}

export interface PrintedReader {
  /** One line that begins with a brace, without its line break. */
  line(text: string, atMs: number): Printed;
}

export interface Printed {
  /** The CLI's conversation, where the line names it. */
  readonly cliSessionId?: string;
  readonly totals: readonly UsageTotals[];
}

/** Where a CLI keeps its files. */
export interface TranscriptPlace {
  readonly homeDir: string;
  /** The agent's own environment: some CLIs keep their home elsewhere. */
  readonly env: Environment;
}

/** One conversation among all transcripts of a CLI. */
export interface TranscriptSubject {
  /** Conversations of this life, as far as they are known. */
  readonly cliSessionIds: readonly string[];
  readonly cwd: string;
}

/** Transcripts of JSON lines below one folder. */
export interface LineTranscripts {
  readonly kind: "lines";
  readonly agent: string;
  root(place: TranscriptPlace): string;
  /** One pattern per folder level below the root, the last for the file's name; any of these ways leads to a transcript. */
  ways(): readonly (readonly RegExp[])[];
  /** The ways to the transcripts of one life; a way may be wider than the life, then `belongs` decides. */
  waysOf(subject: TranscriptSubject): readonly (readonly RegExp[])[];
  /** Judges a file by its first line where its name does not tell; absent: every file on the way belongs. */
  belongs?(firstLine: string, subject: TranscriptSubject): boolean;
  createParser(file: string): TranscriptParser;
}

export interface TranscriptParser {
  /** One line without its line break. Lines of other kinds give nothing; undefined: not a line of a transcript at all. */
  line(text: string): UsageFindings | undefined;
  /** What later lines need to know of the ones before; kept with the byte offset. */
  state(): string;
  restore(state: string): void;
}

/** Transcripts in a SQLite database that the CLI may be writing to; it is only ever read. */
export interface TableTranscripts {
  readonly kind: "table";
  readonly agent: string;
  file(place: TranscriptPlace): string;
  /** Two nameless parameters: rows changed at or after the first (ms), at most the second of them, in the order of their column `cursor`. */
  readonly sql: string;
  belongs(row: Readonly<Record<string, unknown>>, subject: TranscriptSubject): boolean;
  row(row: Readonly<Record<string, unknown>>): UsageReport | undefined;
}

export type TranscriptFormat = LineTranscripts | TableTranscripts;
