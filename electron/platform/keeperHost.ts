/**
 * The PtyHost port over the keepers of a data directory: one of this version for new sessions, those of other versions
 * until their last session ends. Connects to what runs; starts a keeper only for the first spawn.
 */
import { z } from "zod";
import type { Logger } from "#core/ports/logger.ts";
import type { KeeperLink, KeeperLinkChange, OutputSink, PtyHost } from "#core/ports/ptyHost.ts";
import { fail, ok, type Result } from "#shared/model/result.ts";
import {
  keeperSessionSchema,
  type KeeperSession,
  type SpawnRequest,
  type StopRequest,
} from "#shared/rpc/keeperProtocol.ts";
import type { SessionMeta } from "#shared/rpc/keeperFiles.ts";
import type { KeeperCommand } from "./keeperHostConnection.ts";
import { KeeperPeer } from "./keeperHostPeer.ts";
import { describeRecord, removeSessionRecord, replayRecord } from "./keeperHostRecords.ts";
import { keeperVersion } from "./keeperLaunchFiles.ts";
import {
  ensureKeeper,
  listRunningKeepers,
  readKeeperEndpoints,
  type KeeperLaunchOptions,
  type RunningKeeper,
} from "./keeperLaunch.ts";
import { isProcessAlive, processTimeNow, type KillOutcome } from "./processTree.ts";
import {
  readSessionRecord,
  readSessionRecords,
  sessionDir,
  sweepDataDir,
  sweepForgotten,
  sweepRecords,
} from "./processTreeLeftovers.ts";

export interface KeeperHost extends PtyHost {
  /**
   * Connects to the keepers that run and ends what dead ones left. Call once before adopting sessions; an error
   * (`keeper_unavailable`) means a keeper lives but does not answer, and its sessions must not be taken for dead.
   */
  connect(): Promise<Result<void>>;
  /** Lets go of the keepers; sessions go on. */
  close(): void;
}

/** Covers the ladder after the grace: killing, sweeping, draining. */
const STOP_MARGIN_MS = 20_000;
/** An emergency is over within two seconds: a keeper that does not even answer a ping by now is not waited for. */
const EMERGENCY_PATIENCE_MS = 1000;

export function createKeeperHost(options: KeeperLaunchOptions, logger: Logger): KeeperHost {
  return new SocketKeeperHost(options, logger);
}

class SocketKeeperHost implements KeeperHost {
  readonly #options: KeeperLaunchOptions;
  readonly #logger: Logger;
  readonly #peers = new Map<number, KeeperPeer>();
  readonly #homes = new Map<string, KeeperPeer>();
  readonly #listeners = new Set<(change: KeeperLinkChange) => void>();
  #current: KeeperPeer | undefined;
  #launching: Promise<Result<KeeperPeer>> | undefined;
  #ownVersion: Promise<string> | undefined;

  constructor(options: KeeperLaunchOptions, logger: Logger) {
    this.#options = options;
    this.#logger = logger;
  }

  async connect(): Promise<Result<void>> {
    const { dataDir } = this.#options;
    for (const keeper of await listRunningKeepers(dataDir)) await this.#peerOf(keeper);
    await this.#sweepOrphans();
    const listed = await this.list();
    if (!listed.ok) return listed;
    for (const peer of this.#livingPeers()) await this.#letGoIfDone(peer);
    return ok(undefined);
  }

  close(): void {
    for (const peer of this.#peers.values()) peer.close();
    this.#listeners.clear();
  }

  async spawn(request: SpawnRequest): Promise<Result<KeeperSession>> {
    const peer = await this.#currentPeer();
    if (!peer.ok) return peer;
    const reply = await this.#ask(peer.value, { op: "spawn", request });
    if (!reply.ok) return reply;
    const session = keeperSessionSchema.safeParse(reply.value);
    if (!session.success) return fail("internal", "The session keeper's answer does not parse.");
    this.#homes.set(request.sessionId, peer.value);
    return ok(session.data);
  }

  async write(sessionId: string, bytes: Uint8Array): Promise<Result<void>> {
    const connection = this.#homes.get(sessionId)?.connection;
    return connection === undefined ? this.#unavailable(sessionId) : await connection.write(sessionId, bytes);
  }

  async resize(sessionId: string, size: { cols: number; rows: number }): Promise<Result<void>> {
    return this.#order(sessionId, { op: "resize", sessionId, cols: clampSize(size.cols), rows: clampSize(size.rows) });
  }

  async signal(sessionId: string, signal: string, target: "group" | "tree"): Promise<Result<void>> {
    return this.#order(sessionId, { op: "signal", sessionId, signal, target });
  }

  async stop(request: StopRequest): Promise<Result<void>> {
    const home = this.#homes.get(request.sessionId);
    if (home !== undefined && home.link !== "lost") {
      const reply = await this.#ask(home, { op: "stop", request }, request.graceMs + STOP_MARGIN_MS);
      return reply.ok ? ok(undefined) : reply;
    }
    const record = await readSessionRecord(this.#options.dataDir, request.sessionId);
    if (record === undefined) return this.#stopForgotten(request);
    if (record.exit === undefined && (await isProcessAlive(record.keeper))) return this.#unavailable(request.sessionId);
    return stopOutcome(await sweepRecords([record]));
  }

  /** Its exit was recorded long ago, but what it left running still carries its mark; its keeper may know more of them. */
  async #stopForgotten(request: StopRequest): Promise<Result<void>> {
    for (const peer of this.#livingPeers()) {
      const reply = await this.#ask(peer, { op: "stop", request }, STOP_MARGIN_MS);
      if (reply.ok) return ok(undefined);
    }
    const outcome = await sweepForgotten(this.#options.dataDir, request.sessionId);
    return outcome === undefined ? this.#unavailable(request.sessionId) : stopOutcome(outcome);
  }

  async list(): Promise<Result<readonly KeeperSession[]>> {
    const sessions = new Map<string, KeeperSession>();
    for (const record of await readSessionRecords(this.#options.dataDir)) {
      if (record.exit !== undefined) sessions.set(record.sessionId, describeRecord(record));
    }
    for (const peer of this.#livingPeers()) {
      const reply = await this.#ask(peer, { op: "list" });
      if (!reply.ok) return reply;
      for (const session of z.array(keeperSessionSchema).parse(reply.value)) {
        this.#homes.set(session.sessionId, peer);
        sessions.set(session.sessionId, session);
      }
    }
    return ok([...sessions.values()]);
  }

  attach(sessionId: string, fromOffset: number, sink: OutputSink): () => void {
    const home = this.#homes.get(sessionId);
    if (home !== undefined && home.link !== "lost") return home.attach(sessionId, fromOffset, sink);
    return replayRecord(this.#options.dataDir, { sessionId, offset: fromOffset }, sink);
  }

  async forget(sessionId: string): Promise<Result<void>> {
    const home = this.#homes.get(sessionId);
    if (home?.connection !== undefined) {
      const reply = await this.#ask(home, { op: "forget", sessionId });
      if (!reply.ok && reply.error.code !== "not_found") return reply;
    }
    this.#homes.delete(sessionId);
    await removeSessionRecord(this.#options.dataDir, sessionId);
    if (home !== undefined) await this.#letGoIfDone(home);
    return ok(undefined);
  }

  async killAll(): Promise<Result<{ killed: number }>> {
    const outcomes = await Promise.all([...this.#livingPeers()].map((peer) => this.#killAllOf(peer)));
    // Ended agents may have left something running, too; it carries their mark.
    const { killed } = await sweepDataDir(this.#options.dataDir, []);
    return ok({ killed: outcomes.reduce((sum, count) => sum + count, killed) });
  }

  onLink(listener: (change: KeeperLinkChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** An emergency does not wait for a keeper that hangs: its sessions are on disk, their processes can be found. */
  async #killAllOf(peer: KeeperPeer): Promise<number> {
    if (peer.connection !== undefined) {
      const killing = this.#ask(peer, { op: "killAll" }, STOP_MARGIN_MS);
      const reply = (await this.#ask(peer, { op: "ping" }, EMERGENCY_PATIENCE_MS)).ok ? await killing : undefined;
      if (reply?.ok === true) return z.object({ killed: z.number() }).parse(reply.value).killed;
    }
    const { pid, startTime } = peer.keeper.endpoint;
    const records = await readSessionRecords(this.#options.dataDir);
    const { killed } = await sweepRecords(
      records.filter(({ keeper }) => keeper.pid === pid && keeper.startTime === startTime),
    );
    return killed;
  }

  *#livingPeers(): Iterable<KeeperPeer> {
    for (const peer of this.#peers.values()) if (peer.link !== "lost") yield peer;
  }

  async #order(sessionId: string, command: KeeperCommand): Promise<Result<void>> {
    const home = this.#homes.get(sessionId);
    if (home === undefined) return this.#unavailable(sessionId);
    const reply = await this.#ask(home, command);
    return reply.ok ? ok(undefined) : reply;
  }

  async #ask(peer: KeeperPeer, command: KeeperCommand, timeoutMs?: number): Promise<Result<unknown>> {
    const { connection, refusal } = peer;
    if (connection !== undefined) return await connection.request(command, timeoutMs);
    if (refusal !== undefined) return { ok: false, error: refusal };
    return fail("keeper_unavailable", "The session keeper does not answer at the moment; its agents go on.");
  }

  #unavailable(sessionId: string): Result<never> {
    const home = this.#homes.get(sessionId);
    if (home === undefined) return fail("not_found", "No session keeper holds this session.");
    if (home.link === "lost") return fail("not_running", "The session ended when its keeper was lost.");
    return fail("keeper_unavailable", "The session keeper does not answer at the moment; its agents go on.");
  }

  async #currentPeer(): Promise<Result<KeeperPeer>> {
    const current = this.#current;
    if (current?.link === "connected") return ok(current);
    if (current?.link === "unreachable") {
      return fail("keeper_unavailable", "The session keeper is alive but does not answer. Try again in a moment.");
    }
    this.#launching ??= this.#launch().finally(() => {
      this.#launching = undefined;
    });
    return await this.#launching;
  }

  async #launch(): Promise<Result<KeeperPeer>> {
    const keeper = await ensureKeeper(this.#options);
    if (!keeper.ok) return keeper;
    const peer = await this.#peerOf(keeper.value);
    if (peer.link !== "connected") {
      return fail("keeper_unavailable", "The session keeper was started but does not accept this app's connection.");
    }
    this.#current = peer;
    return ok(peer);
  }

  /**
   * A keeper of another version leaves by itself once it keeps nothing and no app holds on to it. It is not told to
   * refuse new sessions: should its own version come back meanwhile, it finds a keeper that works.
   */
  async #letGoIfDone(peer: KeeperPeer): Promise<void> {
    const { version, pid } = peer.keeper.endpoint;
    if (version === (await this.#version()) || peer.link !== "connected") return;
    if ([...this.#homes.values()].includes(peer)) return;
    this.#logger.info("A session keeper of another version keeps nothing any more.", { pid, version });
    this.#peers.delete(pid);
    peer.close();
  }

  /** Of the keeper this app starts. */
  #version(): Promise<string> {
    return (this.#ownVersion ??= keeperVersion(this.#options));
  }

  async #peerOf(keeper: RunningKeeper): Promise<KeeperPeer> {
    const known = this.#peers.get(keeper.endpoint.pid);
    if (known !== undefined && known.link !== "lost") return known;
    const peer: KeeperPeer = new KeeperPeer({
      keeper,
      ownVersion: await this.#version(),
      logDirOf: (sessionId) => sessionDir(this.#options.dataDir, sessionId),
      onLink: (link) => void this.#onPeerLink(peer, link),
    });
    this.#peers.set(keeper.endpoint.pid, peer);
    await peer.connect();
    return peer;
  }

  async #onPeerLink(peer: KeeperPeer, link: KeeperLink): Promise<void> {
    const { pid } = peer.keeper.endpoint;
    if (link !== "lost") {
      this.#logger.info("The link to the session keeper changed.", { pid, link });
      this.#emit(peer, link);
      return;
    }
    if (this.#current === peer) this.#current = undefined;
    this.#peers.delete(pid);
    const orphans = await this.#unfinishedRecordsOf(peer);
    if (orphans.length === 0 && !(await this.#hasEndpoint(peer))) {
      this.#logger.info("A session keeper with nothing left to keep has gone.", { pid });
      return;
    }
    this.#logger.error("The session keeper was lost.", { pid, sessions: orphans.length });
    const endedAt = processTimeNow();
    this.#emit(peer, "lost");
    await this.#sweep(orphans, endedAt);
    // With another keeper at work there is still one; without, the next one says so when it is connected.
    for (const other of this.#livingPeers()) this.#emit(other, other.link);
  }

  #emit(peer: KeeperPeer, link: KeeperLink): void {
    const change = { link, holds: (sessionId: string) => this.#homes.get(sessionId) === peer };
    for (const listener of this.#listeners) listener(change);
  }

  /** A keeper that leaves by itself takes its entry away; one that is killed cannot. */
  async #hasEndpoint({ keeper }: KeeperPeer): Promise<boolean> {
    const entries = await readKeeperEndpoints(this.#options.dataDir);
    return entries.some(({ pid, startTime }) => pid === keeper.endpoint.pid && startTime === keeper.endpoint.startTime);
  }

  async #unfinishedRecordsOf({ keeper }: KeeperPeer): Promise<readonly SessionMeta[]> {
    const { pid, startTime } = keeper.endpoint;
    return (await readSessionRecords(this.#options.dataDir)).filter(
      (record) => record.exit === undefined && record.keeper.pid === pid && record.keeper.startTime === startTime,
    );
  }

  /** Sessions of keepers that died while no app ran. */
  async #sweepOrphans(): Promise<void> {
    const orphans: SessionMeta[] = [];
    for (const record of await readSessionRecords(this.#options.dataDir)) {
      if (record.exit === undefined && !(await isProcessAlive(record.keeper))) orphans.push(record);
    }
    await this.#sweep(orphans);
  }

  /** The record goes last: an app that dies here sweeps again at its next start. */
  async #sweep(records: readonly SessionMeta[], keeperEndedAt?: number): Promise<void> {
    if (records.length === 0) return;
    const { killed } = await sweepRecords(records, keeperEndedAt);
    this.#logger.info("Ended what a lost keeper left.", { sessions: records.length, killed });
    for (const { sessionId } of records) await removeSessionRecord(this.#options.dataDir, sessionId);
  }
}

function stopOutcome({ survivors }: KillOutcome): Result<void> {
  if (survivors.length === 0) return ok(undefined);
  const pids = survivors.map(({ pid }) => pid).join(", ");
  return fail("forbidden", `Could not end every process of the session; still there: ${pids}.`);
}

function clampSize(value: number): number {
  return Math.min(65_535, Math.max(1, Math.trunc(value) || 1));
}
