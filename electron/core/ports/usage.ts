/**
 * What sources of usage (telemetry, transcripts, hooks, the gateway) hand to the ledger, and whom the ledger tells.
 * Nothing here may throw or wait: a source says what it saw and goes on.
 */
import type {
  LedgerEntry,
  Tokens,
  UsageConfidence,
  UsageKind,
  UsageOutcome,
  UsageSource,
} from "#shared/model/usage.ts";

/** What one source says of one model request. Numbers may be anything; the ledger checks them and says what it changed. */
export interface UsageReport {
  readonly source: UsageSource;
  readonly confidence: UsageConfidence;
  /** When the answer ended, ISO 8601. */
  readonly at: string;
  /** Agent CLI, an adapter's id. */
  readonly agent: string;
  /** Our session (a life); absent for history from outside. */
  readonly sessionId?: string;
  /** The CLI's conversation or thread. */
  readonly cliSessionId?: string;
  /** The CLI's own id of a subagent or thread that is not the main one. */
  readonly subagent?: string;
  readonly kind: UsageKind;
  /** anthropic, openai, google … or unknown. */
  readonly provider: string;
  readonly model: string;
  /** The provider's ids, and only those; a CLI's own ids belong into `sourceKey`. */
  readonly requestId?: string;
  readonly messageId?: string;
  /**
   * Names this request within its source for ever: the same record read again, from another file or by another start,
   * must give the same key, and two requests never share one.
   */
  readonly sourceKey: string;
  /** Absent: the request is known, its tokens are not. */
  readonly tokens?: Tokens;
  readonly outcome: UsageOutcome;
  readonly reportedCostNanos?: number;
  readonly durationMs?: number;
}

/**
 * What a source knows of a whole session and model without telling requests apart (Claude's metrics, a session's closing
 * totals). What it knows beyond the single requests becomes one entry, the remainder.
 */
export interface UsageTotals {
  readonly source: UsageSource;
  readonly at: string;
  readonly agent: string;
  readonly sessionId?: string;
  readonly cliSessionId?: string;
  readonly provider: string;
  readonly model: string;
  /** Added to what the source said before, each `sourceKey` once; or the whole so far, replacing it. */
  readonly mode: "delta" | "cumulative";
  readonly sourceKey: string;
  readonly tokens: Tokens;
  readonly reportedCostNanos?: number;
}

/** Usage that exists and that nobody can number: listed, never guessed. */
export interface UsageGap {
  readonly source: UsageSource;
  readonly at: string;
  readonly agent: string;
  readonly sessionId?: string;
  readonly cliSessionId?: string;
  readonly model?: string;
  readonly why: "interrupted" | "auxiliary" | "no_usage_in_answer" | "source_lost";
  /** One sentence. */
  readonly detail: string;
  /** The same gap said twice is one. */
  readonly sourceKey: string;
}

/** The ledger as sources see it. Recorded with the next commit; a full disk makes it wait, in order. */
export interface UsageSink {
  report(report: UsageReport): void;
  totals(totals: UsageTotals): void;
  gap(gap: UsageGap): void;
}

/** Told of each change of the sums, after its commit. `previous`: what no longer counts. `entry` undefined: nothing replaced it. */
export interface EntryListener {
  onEntry(entry: LedgerEntry | undefined, previous: LedgerEntry | undefined): void;
}

/** How far a file was read; opaque to the ledger, which only keeps it. */
export interface ArchiveMark {
  readonly file: string;
  readonly mark: string;
}

export interface ArchiveBatch {
  readonly reports: readonly UsageReport[];
  readonly totals: readonly UsageTotals[];
  /** Committed with the reports: an import that is cut off goes on from here. */
  readonly marks: readonly ArchiveMark[];
  readonly progress: {
    /** The agent CLI whose files are being read. */
    readonly agent: string;
    readonly files: number;
    readonly filesDone: number;
    readonly bytes: number;
    readonly bytesDone: number;
    readonly skippedLines: number;
  };
}

/** All past transcripts on this machine. Reads off the main loop, in batches of at most a few hundred reports. */
export interface TranscriptArchive {
  /** The next batch is read when it is asked for; ending the iteration or `signal` stops the reading. */
  read(request: {
    /** Adapter ids; absent: all. */
    readonly agents?: readonly string[];
    /** The mark of an earlier import, undefined for a file never read. */
    readonly markOf: (file: string) => string | undefined;
    readonly signal: AbortSignal;
  }): AsyncIterable<ArchiveBatch>;
}
