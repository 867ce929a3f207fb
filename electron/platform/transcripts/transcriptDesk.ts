/** What the transcripts' thread is told and answers; the thread itself is `electron/transcriptWorker.ts`. */
import type { MessagePort } from "node:worker_threads";
import type { ArchiveBatch } from "#core/ports/usage.ts";
import type { TranscriptFormat, TranscriptPlace, TranscriptSubject, UsageFindings } from "#core/ports/usageAdapter.ts";
import { ArchiveReader, listArchive, type ArchiveFile } from "./archiveReader.ts";
import { TableFollower } from "./tableFollower.ts";
import { TranscriptFollower } from "./transcriptFollower.ts";

export type TranscriptOrder =
  | {
      readonly type: "follow";
      readonly id: number;
      readonly agent: string;
      readonly place: TranscriptPlace;
      readonly subject: TranscriptSubject;
      readonly sinceMs: number;
    }
  | { readonly type: "add"; readonly id: number; readonly cliSessionId: string }
  | { readonly type: "end"; readonly id: number }
  | { readonly type: "dispose"; readonly id: number }
  | { readonly type: "list"; readonly id: number; readonly agents?: readonly string[]; readonly place: TranscriptPlace }
  | { readonly type: "read"; readonly id: number; readonly marks: ReadonlyMap<string, string> }
  | { readonly type: "next"; readonly id: number }
  /** Lets go of everything; the thread then ends by itself. */
  | { readonly type: "close"; readonly id: number };

export type TranscriptWord =
  | { readonly type: "findings"; readonly id: number; readonly findings: UsageFindings }
  | { readonly type: "trouble"; readonly id: number; readonly sentence: string }
  | { readonly type: "ended"; readonly id: number }
  | { readonly type: "files"; readonly id: number; readonly files: readonly string[] }
  | { readonly type: "batch"; readonly id: number; readonly batch?: ArchiveBatch; readonly error?: string };

type Follower = TranscriptFollower | TableFollower;

interface Archive {
  readonly files: readonly ArchiveFile[];
  batches?: AsyncGenerator<ArchiveBatch>;
}

/** Serves orders until the thread ends. */
export function serveTranscripts(port: MessagePort, formats: readonly TranscriptFormat[]): void {
  const followers = new Map<number, Follower>();
  const archives = new Map<number, Archive>();
  const say = (word: TranscriptWord): void => port.postMessage(word);
  port.on("message", (order: TranscriptOrder) => {
    if (order.type === "close") {
      for (const follower of followers.values()) follower.dispose();
      port.close();
    } else if (order.type === "follow") {
      const follower = follow(order, formats, say);
      if (follower !== undefined) followers.set(order.id, follower);
    } else if (order.type === "add") followers.get(order.id)?.add(order.cliSessionId);
    else if (order.type === "end" || order.type === "dispose") void letGo(order, followers, say);
    else void serveArchive(order, { archives, formats, say });
    if (order.type === "dispose") archives.delete(order.id);
  });
}

function follow(
  order: TranscriptOrder & { type: "follow" },
  formats: readonly TranscriptFormat[],
  say: (word: TranscriptWord) => void,
): Follower | undefined {
  const { id, place, subject, sinceMs } = order;
  const format = formats.find((known) => known.agent === order.agent);
  const common = {
    place,
    subject,
    sinceMs,
    onFindings: (findings: UsageFindings) => say({ type: "findings", id, findings }),
    onTrouble: (sentence: string) => say({ type: "trouble", id, sentence }),
  };
  if (format === undefined) return undefined;
  return format.kind === "table"
    ? new TableFollower({ ...common, format })
    : new TranscriptFollower({ ...common, format });
}

async function letGo(
  order: { readonly type: "end" | "dispose"; readonly id: number },
  followers: Map<number, Follower>,
  say: (word: TranscriptWord) => void,
): Promise<void> {
  const follower = followers.get(order.id);
  followers.delete(order.id);
  if (order.type === "dispose") return follower?.dispose();
  await follower?.end();
  say({ type: "ended", id: order.id });
}

interface ArchiveDesk {
  readonly archives: Map<number, Archive>;
  readonly formats: readonly TranscriptFormat[];
  readonly say: (word: TranscriptWord) => void;
}

async function serveArchive(
  order: TranscriptOrder & { type: "list" | "read" | "next" },
  { archives, formats, say }: ArchiveDesk,
): Promise<void> {
  const { id } = order;
  if (order.type === "list") {
    const wanted = formats.filter(({ agent }) => order.agents === undefined || order.agents.includes(agent));
    const files = await listArchive(wanted, order.place);
    archives.set(id, { files });
    say({ type: "files", id, files: files.map((file) => file.path) });
    return;
  }
  const archive = archives.get(id);
  if (archive === undefined) return;
  if (order.type === "read") {
    archive.batches = new ArchiveReader(archive.files, order.marks).read();
    return;
  }
  try {
    const next = await archive.batches?.next();
    say({ type: "batch", id, ...(next?.done === false ? { batch: next.value } : {}) });
  } catch (error) {
    say({ type: "batch", id, error: String(error) });
  }
}
