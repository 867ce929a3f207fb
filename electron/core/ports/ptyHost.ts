/** The core's view of the session keeper: ptys that live on when the core does not. */
import type { Result } from "#shared/model/result.ts";
import type { KeeperExit, KeeperSession, SpawnRequest, StopRequest } from "#shared/rpc/keeperProtocol.ts";

export interface OutputSink {
  /** Bytes of the session's log beginning at `offset`; consecutive, no gaps, already on disk. */
  data(offset: number, bytes: Uint8Array): void;
  /** All output has been delivered and the child is gone. */
  exit(exit: KeeperExit): void;
}

/** `lost` means the keeper process is dead (its pid is gone); `unreachable` means it cannot be told. */
export type KeeperLink = "connected" | "unreachable" | "lost";

/** One keeper's link changed. During an upgrade there are two, and what one holds has nothing to do with the other. */
export interface KeeperLinkChange {
  readonly link: KeeperLink;
  /** Whether that keeper holds this session. */
  readonly holds: (sessionId: string) => boolean;
}

export interface PtyHost {
  spawn(request: SpawnRequest): Promise<Result<KeeperSession>>;
  /** Resolves when the keeper took the bytes; order is kept, 1 MB and more is fine. */
  write(sessionId: string, bytes: Uint8Array): Promise<Result<void>>;
  resize(sessionId: string, size: { cols: number; rows: number }): Promise<Result<void>>;
  /** To the session's foreground process group, or with `tree` to every process of the session. */
  signal(sessionId: string, signal: string, target: "group" | "tree"): Promise<Result<void>>;
  /** The shutdown ladder; resolves when no process of the session's tree is left. */
  stop(request: StopRequest): Promise<Result<void>>;
  list(): Promise<Result<readonly KeeperSession[]>>;
  /** Sends the log from `fromOffset` on, then live output; the returned function detaches. */
  attach(sessionId: string, fromOffset: number, sink: OutputSink): () => void;
  /** The exit of an ended session has been recorded by the core; the keeper may drop it (the log stays). */
  forget(sessionId: string): Promise<Result<void>>;
  /** SIGKILLs every tree of every session at once; resolves when the last process is gone. */
  killAll(): Promise<Result<{ killed: number }>>;
  onLink(listener: (change: KeeperLinkChange) => void): () => void;
}
