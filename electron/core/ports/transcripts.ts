/** The files agent CLIs keep of their conversations, read off the main loop: one life's own as they grow, or all there are. */
import type { TranscriptArchive } from "./usage.ts";
import type { TranscriptPlace, TranscriptSubject, UsageFindings } from "./usageAdapter.ts";

export interface FollowRequest {
  /** Adapter id. */
  readonly agent: string;
  readonly place: TranscriptPlace;
  readonly subject: TranscriptSubject;
  /** Wall-clock ms; files untouched since then are not looked at. */
  readonly sinceMs: number;
  /** Also what was read before by somebody else: the ledger knows each record by its key. */
  readonly onFindings: (findings: UsageFindings) => void;
  /** What could not be read, one sentence; the following goes on where it can. */
  readonly onTrouble: (sentence: string) => void;
}

export interface TranscriptFollowing {
  /** Another conversation of the same life. */
  add(cliSessionId: string): void;
  /** Reads what is left, then stops. Resolves when the last findings were handed over. */
  end(): Promise<void>;
  /** Stops at once. Idempotent. */
  dispose(): void;
}

export interface Transcripts {
  /** By file events, never by polling. Agents without transcripts we can read are followed in vain. */
  follow(request: FollowRequest): TranscriptFollowing;
  readonly archive: TranscriptArchive;
  dispose(): Promise<void>;
}
