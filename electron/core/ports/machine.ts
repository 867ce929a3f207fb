/** What the core may ask of the machine it runs on: programs, files and loopback HTTP, all bounded in time and size. */
import type { Result } from "#shared/model/result.ts";

export type Environment = Readonly<Record<string, string>>;

export interface RunRequest {
  /** Absolute, or a name looked up on the repaired PATH. */
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  /** Added to `environment()`. */
  readonly env?: Environment;
  /** The program is killed after this long; default 5 s. */
  readonly timeoutMs?: number;
  /** Output beyond this is dropped; default 1 MB. */
  readonly maxBytes?: number;
}

export interface RunOutcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface FileStat {
  readonly kind: "file" | "directory" | "other";
  readonly size: number;
  /** Wall-clock milliseconds since 1970. */
  readonly modifiedAt: number;
}

export interface ReadFileRange {
  readonly maxBytes: number;
  /** Read the end of the file instead of its beginning. */
  readonly fromEnd?: boolean;
}

export interface HttpRequest {
  readonly method: "GET" | "POST";
  /** Loopback only; anything else is refused with `forbidden`. */
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly timeoutMs?: number;
}

export interface ServerEventsRequest {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** One server-sent event's data, as text. */
  readonly onData: (data: string) => void;
  readonly onEnd: () => void;
}

export interface Machine {
  readonly platform: "linux" | "darwin" | "win32";
  readonly homeDir: string;
  /** The person's login-shell environment with PATH repaired and our own variables stripped; read once, then remembered. */
  environment(): Promise<Environment>;
  /** Absolute path of a program on the repaired PATH (or of a path relative to `cwd`); undefined when there is none. */
  which(name: string, cwd?: string): Promise<string | undefined>;
  /** Runs a program to its end without a terminal. `spawn_failed` when it cannot start, `timeout` when it took too long. */
  run(request: RunRequest): Promise<Result<RunOutcome>>;
  /** UTF-8 text of a file, or undefined where it cannot be read. */
  readFile(path: string, range?: ReadFileRange): Promise<string | undefined>;
  /** Names in a directory, or an empty list where it cannot be read. */
  listDir(path: string): Promise<readonly string[]>;
  stat(path: string): Promise<FileStat | undefined>;
  /** Writes a private file (0600) whose parents are made 0755: some CLIs refuse settings below a writable directory. */
  writePrivateFile(path: string, text: string): Promise<Result<void>>;
  /** A loopback TCP port that is free now. */
  freePort(): Promise<number>;
  /** A fresh UUID, for CLIs that take their session id from us. */
  newId(): string;
  /** One request to a loopback server; any status is an `ok` outcome. */
  http(request: HttpRequest): Promise<Result<{ readonly status: number; readonly body: string }>>;
  /** Follows a loopback server's event stream; the returned function ends it and is idempotent. */
  serverEvents(request: ServerEventsRequest): () => void;
}
