/**
 * One keeper as the host sees it: connected, unreachable (tried again) or lost. Invariant: it is lost only when the
 * very process is gone; whoever attached gets every byte once, across any number of reconnects.
 */
import type { KeeperLink, OutputSink } from "#core/ports/ptyHost.ts";
import type { Rejection } from "#shared/model/result.ts";
import type { KeeperExit } from "#shared/rpc/keeperProtocol.ts";
import { KeeperConnection } from "./keeperHostConnection.ts";
import type { RunningKeeper } from "./keeperLaunch.ts";
import { isProcessAlive } from "./processTree.ts";
import { streamSegments } from "./segmentLog.ts";

export interface KeeperPeerDeps {
  readonly keeper: RunningKeeper;
  /** The keeper version this app starts. */
  readonly ownVersion: string;
  readonly logDirOf: (sessionId: string) => string;
  readonly onLink: (link: KeeperLink) => void;
}

interface Attachment {
  readonly sink: OutputSink;
  /** The next byte it wants. */
  offset: number;
}

const RETRY_MS = { first: 20, max: 500 };

export class KeeperPeer {
  readonly keeper: RunningKeeper;
  link: KeeperLink = "unreachable";
  /** It answered that it will not speak with this app; trying again does not help until one of them is another version. */
  refusal: Rejection | undefined;
  readonly #deps: KeeperPeerDeps;
  readonly #attachments = new Map<string, Set<Attachment>>();
  #connection: KeeperConnection | undefined;
  #retryTimer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(deps: KeeperPeerDeps) {
    this.#deps = deps;
    this.keeper = deps.keeper;
  }

  get connection(): KeeperConnection | undefined {
    return this.link === "connected" ? this.#connection : undefined;
  }

  /** Tries once; when it fails, goes on trying by itself until the keeper answers or is gone. */
  async connect(): Promise<boolean> {
    if (await this.#tryOnce()) return true;
    await this.#disconnected(RETRY_MS.first);
    return false;
  }

  attach(sessionId: string, fromOffset: number, sink: OutputSink): () => void {
    const attachment: Attachment = { sink, offset: fromOffset };
    const others = this.#attachments.get(sessionId) ?? new Set<Attachment>();
    others.add(attachment);
    this.#attachments.set(sessionId, others);
    this.#requestOutput(sessionId);
    return () => {
      if (!others.delete(attachment) || others.size > 0) return;
      this.#attachments.delete(sessionId);
      this.connection?.tell({ op: "detach", sessionId });
    };
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#retryTimer);
    this.#connection?.close();
  }

  async #tryOnce(): Promise<boolean> {
    const opened = await KeeperConnection.open(this.keeper, this.#deps.ownVersion, {
      data: (sessionId, offset, bytes) => this.#data(sessionId, offset, bytes),
      exit: (sessionId, exit) => this.#exit(sessionId, exit),
      closed: () => void this.#disconnected(RETRY_MS.first),
    });
    this.refusal = !opened.ok && opened.error.code === "unsupported" ? opened.error : undefined;
    if (!opened.ok) return false;
    if (this.#isClosed) {
      opened.value.close();
      return false;
    }
    this.#connection = opened.value;
    this.#setLink("connected");
    for (const sessionId of this.#attachments.keys()) this.#requestOutput(sessionId);
    return true;
  }

  async #disconnected(retryMs: number): Promise<void> {
    this.#connection = undefined;
    if (this.#isClosed) return;
    if (!(await isProcessAlive(this.keeper.endpoint))) {
      await this.#deliverRest();
      this.#setLink("lost");
      return;
    }
    this.#setLink("unreachable");
    this.#retryTimer = setTimeout(() => void this.#retry(retryMs), retryMs);
  }

  async #retry(retryMs: number): Promise<void> {
    if (this.#isClosed || (await this.#tryOnce())) return;
    await this.#disconnected(Math.min(retryMs * 2, RETRY_MS.max));
  }

  #setLink(link: KeeperLink): void {
    if (this.link === link || this.#isClosed) return;
    this.link = link;
    this.#deps.onLink(link);
  }

  /** One stream per session: from the first byte anyone still wants; each takes only what it has not had. */
  #requestOutput(sessionId: string): void {
    const offsets = [...(this.#attachments.get(sessionId) ?? [])].map(({ offset }) => offset);
    if (offsets.length === 0) return;
    void this.connection?.request({ op: "attach", sessionId, from: Math.min(...offsets) });
  }

  #data(sessionId: string, offset: number, bytes: Uint8Array): void {
    for (const attachment of this.#attachments.get(sessionId) ?? []) {
      const fresh = offset + bytes.byteLength - attachment.offset;
      if (fresh <= 0 || offset > attachment.offset) continue;
      const at = attachment.offset;
      attachment.offset += fresh;
      attachment.sink.data(at, bytes.subarray(bytes.byteLength - fresh));
    }
  }

  #exit(sessionId: string, exit: KeeperExit): void {
    for (const attachment of this.#attachments.get(sessionId) ?? []) attachment.sink.exit(exit);
  }

  /** The keeper is dead, but what it wrote before is on disk. */
  async #deliverRest(): Promise<void> {
    for (const [sessionId, attachments] of this.#attachments) {
      const from = Math.min(...[...attachments].map(({ offset }) => offset));
      try {
        for await (const { offset, bytes } of streamSegments(this.#deps.logDirOf(sessionId), { from })) {
          this.#data(sessionId, offset, bytes);
        }
      } catch {
        // The log can still be read later; that the keeper is lost must be told now.
      }
    }
  }
}
