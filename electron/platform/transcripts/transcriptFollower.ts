/** Follows the transcripts of one life by file events; runs in the transcripts' thread. */
import { watch, type FSWatcher } from "node:fs";
import type { LineTranscripts, TranscriptPlace, TranscriptSubject, UsageFindings } from "#core/ports/usageAdapter.ts";
import { FindingsTaker } from "./findingsTaker.ts";
import { LineFile } from "./lineFile.ts";
import { firstLine, walk, type FoundFile } from "./transcriptFiles.ts";

/** Files' own times are coarse on some file systems. */
const SLACK_MS = 2_000;
/** A burst of appended lines is one look. */
const GATHER_MS = 50;
/** One life's files are in a handful of folders; more means that a person keeps years of sessions. */
const MAX_FOLDERS = 32;

export interface FollowerOptions {
  readonly format: LineTranscripts;
  readonly place: TranscriptPlace;
  readonly subject: TranscriptSubject;
  readonly sinceMs: number;
  readonly onFindings: (findings: UsageFindings) => void;
  readonly onTrouble: (sentence: string) => void;
}

interface Followed {
  readonly file: LineFile;
  readonly taker: FindingsTaker;
  size: number;
}

export class TranscriptFollower {
  readonly #options: FollowerOptions;
  readonly #root: string;
  #subject: TranscriptSubject;
  readonly #files = new Map<string, Followed>();
  readonly #watchers = new Map<string, FSWatcher>();
  readonly #troubles = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> = Promise.resolve();
  #isDisposed = false;

  constructor(options: FollowerOptions) {
    this.#options = options;
    this.#subject = options.subject;
    this.#root = options.format.root(options.place);
    this.#soon();
  }

  add(cliSessionId: string): void {
    if (this.#subject.cliSessionIds.includes(cliSessionId)) return;
    this.#subject = { ...this.#subject, cliSessionIds: [...this.#subject.cliSessionIds, cliSessionId] };
    this.#soon();
  }

  async end(): Promise<void> {
    clearTimeout(this.#timer);
    this.#looking = this.#looking.then(() => this.#look(Number.POSITIVE_INFINITY));
    await this.#looking;
    this.dispose();
  }

  dispose(): void {
    this.#isDisposed = true;
    clearTimeout(this.#timer);
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  #soon(): void {
    if (this.#isDisposed || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#looking = this.#looking.then(() => this.#look(MAX_FOLDERS));
    }, GATHER_MS);
  }

  async #look(maxFolders: number): Promise<void> {
    if (this.#isDisposed) return;
    try {
      const ways = this.#options.format.waysOf(this.#subject);
      const found = await walk({ root: this.#root, ways, maxFolders });
      this.#watchFolders(found.folders);
      for (const file of found.files) await this.#readIfGrown(file);
    } catch (error) {
      this.#trouble(`Transcripts below ${this.#root} could not be read: ${String(error)}.`);
    }
  }

  async #readIfGrown(found: FoundFile): Promise<void> {
    const known = this.#files.get(found.path) ?? (await this.#take(found));
    if (known === undefined || known.size === found.size) return;
    try {
      const { size } = await known.file.read();
      known.size = size;
    } catch (error) {
      this.#trouble(`The transcript ${found.path} could not be read: ${String(error)}.`);
    }
    const findings = known.taker.take();
    if (findings.reports.length + findings.totals.length > 0) this.#options.onFindings(findings);
  }

  async #take(found: FoundFile): Promise<Followed | undefined> {
    const { format, sinceMs } = this.#options;
    if (found.modifiedAt < sinceMs - SLACK_MS) return undefined;
    if (format.belongs !== undefined) {
      const line = await firstLine(found.path);
      if (line === undefined || !format.belongs(line, this.#subject)) return undefined;
    }
    const taker = new FindingsTaker(format, found.path);
    const followed = { file: new LineFile(found.path, taker), taker, size: -1 };
    this.#files.set(found.path, followed);
    // A folder's watch on macOS tells of its files' names only.
    if (process.platform === "darwin") this.#watch(found.path);
    return followed;
  }

  /** A folder that is no longer on the way, such as a home before the CLI made its own folder there, is let go. */
  #watchFolders(folders: readonly string[]): void {
    for (const folder of folders) this.#watch(folder);
    for (const [path, watcher] of this.#watchers) {
      if (folders.includes(path) || this.#files.has(path)) continue;
      watcher.close();
      this.#watchers.delete(path);
    }
  }

  #watch(path: string): void {
    if (this.#watchers.has(path) || this.#isDisposed) return;
    try {
      const watcher = watch(path, { persistent: false }, () => this.#soon());
      watcher.on("error", () => {
        watcher.close();
        this.#watchers.delete(path);
      });
      this.#watchers.set(path, watcher);
      // What came between the look and the watch.
      this.#soon();
    } catch (error) {
      this.#trouble(`${path} cannot be watched, so its transcripts are read when the agent ends: ${String(error)}.`);
    }
  }

  #trouble(sentence: string): void {
    if (this.#troubles.has(sentence) || this.#troubles.size > 20) return;
    this.#troubles.add(sentence);
    this.#options.onTrouble(sentence);
  }
}
