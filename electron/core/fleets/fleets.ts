/** The fleets slice: which fleets there are, up, down, changed, given up; who is who in the tree; what changed for watchers. */
import { folderOf } from "#shared/lib/paths.ts";
import type { NewEvent } from "#shared/model/event.ts";
import type { Fleet } from "#shared/model/node.ts";
import { fail, ok } from "#shared/model/result.ts";
import type { Rejection, Result } from "#shared/model/result.ts";
import { startSupervisor } from "#core/kernel/index.ts";
import type { SupervisorRef } from "#core/kernel/index.ts";
import type { FleetFiles } from "#core/ports/fleetFiles.ts";
import type { Machine } from "#core/ports/machine.ts";
import type { Store } from "#core/store/index.ts";
import { applyFleet } from "./applyFleet.ts";
import { FleetRuntime } from "./fleetRuntime.ts";
import type { RuntimeDeps, UpMode } from "./runtimeDeps.ts";
import { FleetStore } from "./fleetStore.ts";
import { fleetEvent, fleetRejection, isTrouble, type EventParts } from "./fleetEvents.ts";
import { readSource } from "./fleetSource.ts";
import { TreeFeed } from "./treeFeed.ts";
import type { TreeListener } from "./treeFeed.ts";
import { FleetMirror } from "./fleetMirror.ts";
import type { FleetRow, FleetStatus } from "./fleetStatus.ts";
import { parseFleet, type ParsedFleet } from "./parseFleet.ts";
import { refuseUp, showFileError, storedServers } from "./knownFleet.ts";
import type { KnownFleet, ParsedUp, UpRequest } from "./knownFleet.ts";
import { agentsOf, type FleetAgent } from "./fleetAgent.ts";
import { orElsewhere, resolveNode, unknownFleet, type ResolvedNode } from "./resolveNode.ts";

export interface FleetsDeps extends Pick<
  RuntimeDeps,
  "clock" | "random" | "logger" | "recorder" | "agents" | "nextBootDelayMs" | "onSpec"
> {
  readonly store: Store;
  readonly files: FleetFiles;
  readonly machine: Pick<Machine, "homeDir">;
  readonly agentIds: readonly string[];
  /** Where a copy of the fleets is kept, should the store be damaged. */
  readonly mirrorFile: string;
  /** Supervisors that gave up or escalated: policies tell the person. */
  readonly onTrouble: (event: NewEvent) => void;
  readonly elsewhere: (ref: string) => Rejection | undefined;
}

export class Fleets {
  readonly #deps: FleetsDeps;
  readonly #fleetStore: FleetStore;
  readonly #known = new Map<string, KnownFleet>();
  readonly #feed: TreeFeed;
  readonly #busy = new Map<string, Promise<unknown>>();
  #app: SupervisorRef | undefined;

  constructor(deps: FleetsDeps) {
    this.#deps = deps;
    this.#fleetStore = new FleetStore(deps.store, new FleetMirror({ ...deps, file: deps.mirrorFile }));
    this.#feed = new TreeFeed({
      clock: deps.clock,
      view: (name) => this.view(name),
      tree: (name) => this.#known.get(name)?.runtime.tree,
    });
  }

  /** The app's own supervisor, then every fleet the store knows, as the keeper left it. */
  async open(options: { noStart: boolean; storeWasDamaged: boolean }): Promise<void> {
    if (options.storeWasDamaged) await this.#fleetStore.restore();
    const app = await startSupervisor({ name: "app", intensity: 0, children: [] }, this.#deps);
    if (app.type !== "started") throw new Error("The app's supervisor could not start.");
    this.#app = app.supervisor;
    for (const row of this.#fleetStore.fleets()) await this.#recover(row, options.noStart);
  }

  async #recover(row: FleetRow, noStart: boolean): Promise<void> {
    const parsed = this.#parse(row.text, row.file, () => true);
    if (!parsed.ok) {
      this.#deps.logger.error("A stored fleet can no longer be read.", {
        fleet: row.name,
        error: parsed.errors[0]?.message,
      });
      return;
    }
    const known = this.#remember(row, parsed.fleet);
    const resumes = row.status === "interrupted" && row.autostart && !noStart;
    if (resumes) this.#save(known, { status: "up" }, { verb: "up", actor: "system", data: { file: row.file } });
    else if (row.status !== "up") return;
    const left = known.runtime.tree
      .agentsBelow(row.name)
      .map((id) => this.#deps.agents.leftover(known.runtime.tree.require(id).path));
    const keeperHasIt = left.includes("alive") || left.includes("ended");
    if (!keeperHasIt && left.includes("lost") && (noStart || !row.autostart)) {
      this.#save(known, { status: "interrupted" }, { verb: "interrupted", actor: "system", data: {} });
      return;
    }
    await this.#bringUp(known, { type: "boot", startLost: !noStart });
    this.#watch(known);
  }

  #remember(row: FleetRow, fleet: Parameters<typeof applyFleet>[1]): KnownFleet {
    const runtime = new FleetRuntime(
      {
        ...this.#deps,
        fleetStore: this.#fleetStore,
        onChange: (name, ids) => this.#feed.mark(name, ids),
        onShape: (name) => this.#feed.announce(name),
        onGaveUp: (name) => this.#gaveUp(name),
        onEvent: (one) => isTrouble(one) && this.#deps.onTrouble(one),
      },
      fleet,
      this.#fleetStore.rests(row.name),
    );
    const known: KnownFleet = { row, runtime, fileError: undefined, unwatch: () => {} };
    this.#known.set(row.name, known);
    this.#deps.onSpec(row.name, fleet);
    return known;
  }

  #parse(text: string, file: string, isStored = storedServers(this.#known)): ParsedFleet {
    const { machine, agentIds } = this.#deps;
    return parseFleet(text, { folder: folderOf(file), homeDir: machine.homeDir, agents: agentIds, isStored });
  }

  /** Commands on one fleet happen one after the other. */
  async #alone<T>(name: string, work: () => Promise<T>): Promise<T> {
    const before = this.#busy.get(name) ?? Promise.resolve();
    const mine = before.then(work, work);
    const settled = mine.catch(() => undefined);
    this.#busy.set(name, settled);
    return mine;
  }

  /** Reads the file (or the remembered one of `name`), starts the fleet or applies the difference. */
  async up(request: UpRequest): Promise<Result<{ name: string; started: number }>> {
    const source = await readSource(this.#deps.files, request, this.#known.get(request.name ?? "")?.row);
    if (!source.ok) return orElsewhere<never>(source, this.#deps.elsewhere(request.name ?? ""));
    const { file, text } = source.value;
    const parsed = this.#parse(text, file);
    if (!parsed.ok) return { ok: false, error: fleetRejection(file, parsed.errors) };
    const { fleet } = parsed;
    return this.#alone(fleet.name, () => this.#upParsed({ ...request, name: fleet.name, file, text, fleet }));
  }

  async #upParsed(up: ParsedUp): Promise<Result<{ name: string; started: number }>> {
    const { name, by = "person" } = up;
    const known = this.#known.get(name);
    const refused = refuseUp(known, up);
    if (refused !== undefined) return refused;
    if (known?.runtime.isUp !== true) return by === "learn" ? this.#learn(known, up) : this.#startParsed(known, up);
    if (by !== "learn") await this.#applyText(known, up.text, up.actor);
    if (by === "person") await known.runtime.startRested();
    return ok({ name, started: by === "learn" ? 0 : known.runtime.tree.liveCount() });
  }

  async #startParsed(known: KnownFleet | undefined, up: ParsedUp): Promise<Result<{ name: string; started: number }>> {
    const next = this.#adoptText(known, up, { status: "up", verb: "up" });
    if (!next.ok) return next;
    const started = await this.#bringUp(next.value, { type: "person" });
    if (!started.ok) return started;
    this.#watch(next.value);
    return ok({ name: up.name, started: next.value.runtime.tree.liveCount() });
  }

  #learn(known: KnownFleet | undefined, up: ParsedUp): Result<{ name: string; started: number }> {
    const next = this.#adoptText(known, up, { status: known?.row.status ?? "down", verb: "learnt" });
    if (!next.ok) return next;
    this.#feed.announce(up.name);
    return ok({ name: up.name, started: 0 });
  }

  #adoptText(
    known: KnownFleet | undefined,
    { name, file, text, actor, fleet }: ParsedUp,
    { status, verb }: { status: FleetStatus; verb: EventParts["verb"] },
  ): Result<KnownFleet> {
    known?.unwatch();
    const row: FleetRow = { name, file, text, status, autostart: known?.row.autostart ?? false };
    const saved = this.#fleetStore.save(row, fleetEvent(name, { verb, actor, data: { file } }));
    if (!saved.ok) return saved;
    this.#deps.recorder.flush();
    return ok(this.#replaceRuntime(known, row, fleet));
  }

  #replaceRuntime(known: KnownFleet | undefined, row: FleetRow, fleet: FleetRuntime["fleet"]): KnownFleet {
    if (known === undefined) return this.#remember(row, fleet);
    for (const record of known.runtime.tree.records.values()) record.agent?.dispose();
    return this.#remember(row, fleet);
  }

  async #bringUp(known: KnownFleet, mode: UpMode): Promise<Result<void>> {
    const { name } = known.row;
    if (this.#app === undefined) return fail("internal", "The app is not open.");
    await this.#app.deleteChild(name);
    const result = await this.#app.startChild({
      id: name,
      restart: "temporary",
      type: "supervisor",
      shutdown: "infinity",
      start: (context) => known.runtime.start(mode, context),
    });
    this.#feed.announce(name);
    if (result.code === "ok" || result.code === "ignored") return ok(undefined);
    return fail("spawn_failed", `The fleet ${name} could not start (${result.code}).`);
  }

  async down(name: string, actor: string): Promise<Result<{ name: string; stopped: number }>> {
    const known = this.#known.get(name);
    if (known === undefined) return this.#unknown(name);
    return this.#alone(name, async () => {
      const stopped = known.runtime.tree.liveCount();
      known.unwatch();
      const saved = this.#save(known, { status: "down" }, { verb: "down", actor, data: { stopped } });
      await known.runtime.stop();
      this.#feed.announce(name);
      return saved.ok ? ok({ name, stopped }) : saved;
    });
  }

  /** The emergency stop's part: told at once, without waiting for other commands on the fleet; agents are killed elsewhere. */
  async halt(name: string, actor: string): Promise<number> {
    const known = this.#known.get(name);
    if (known === undefined) return 0;
    const running = known.runtime.tree.liveCount();
    known.unwatch();
    const stopped = known.runtime.stop();
    this.#save(known, { status: "down" }, { verb: "down", actor, data: { emergency: true } });
    await stopped;
    this.#feed.announce(name);
    return running;
  }

  async forget(name: string, actor: string): Promise<Result<{ name: string }>> {
    const known = this.#known.get(name);
    if (known === undefined) return this.#unknown(name);
    if (known.runtime.isUp) return fail("running", `The fleet ${name} is up. Take it down first.`);
    const forgotten = this.#fleetStore.forget(
      name,
      fleetEvent(name, { verb: "forgotten", actor, data: { file: known.row.file } }),
    );
    if (!forgotten.ok) return forgotten;
    this.#known.delete(name);
    this.#deps.onSpec(name, undefined);
    this.#feed.removed(name);
    return ok({ name });
  }

  setAutostart(name: string, autostart: boolean, actor: string): Result<{ name: string }> {
    const known = this.#known.get(name);
    if (known === undefined) return this.#unknown(name);
    const saved = this.#save(known, { autostart }, { verb: "autostart_set", actor, data: { autostart } });
    this.#feed.announce(name);
    return saved.ok ? ok({ name }) : saved;
  }

  /** Writes the file and applies it; refused when somebody else changed the file meanwhile. */
  async save(request: {
    name: string;
    text: string;
    baseText: string;
    actor: string;
  }): Promise<Result<{ name: string }>> {
    const known = this.#known.get(request.name);
    if (known === undefined) return this.#unknown(request.name);
    const parsed = this.#parse(request.text, known.row.file);
    if (!parsed.ok) return { ok: false, error: fleetRejection(known.row.file, parsed.errors) };
    return this.#alone(request.name, async () => {
      const current = await this.#deps.files.read(known.row.file);
      if (current.ok && current.value !== request.baseText)
        return fail("conflict", `${known.row.file} was changed meanwhile. Look at the new text and try again.`);
      const written = await this.#deps.files.write(known.row.file, request.text);
      if (!written.ok) return written;
      await this.#applyText(known, request.text, request.actor);
      return ok({ name: request.name });
    });
  }

  async text(name: string): Promise<Result<{ file: string; text: string }>> {
    const known = this.#known.get(name);
    if (known === undefined) return this.#unknown(name);
    const read = await this.#deps.files.read(known.row.file);
    return ok({ file: known.row.file, text: read.ok ? read.value : known.row.text });
  }

  #watch(known: KnownFleet): void {
    known.unwatch();
    known.unwatch = this.#deps.files.watch(known.row.file, () => {
      void this.#alone(known.row.name, async () => {
        const read = await this.#deps.files.read(known.row.file);
        if (read.ok && read.value !== known.row.text && this.#known.get(known.row.name) === known)
          await this.#applyText(known, read.value, "system");
        else if (read.ok && known.fileError !== undefined) this.#setFileError(known, undefined);
      });
    });
  }

  /** Keeps the last good version when the new one has an error. */
  async #applyText(known: KnownFleet, text: string, actor: string): Promise<void> {
    const parsed = this.#parse(text, known.row.file);
    if (!parsed.ok) return this.#setFileError(known, parsed.errors[0]);
    if (parsed.fleet.name !== known.row.name) {
      return this.#setFileError(known, {
        message: `The fleet's name was changed to ${parsed.fleet.name}. Take ${known.row.name} down and start the file again.`,
        line: 1,
        column: 1,
      });
    }
    showFileError(known, undefined);
    if (text !== known.row.text) {
      this.#save(known, { text }, { verb: "reloaded", actor, data: { file: known.row.file } });
      if (!(await applyFleet(known.runtime, parsed.fleet))) await this.#startAnew(known, parsed.fleet);
    }
    this.#feed.announce(known.row.name);
  }

  /** The top supervisor became another kind: agents end, the new supervisor starts, conversations resume. */
  async #startAnew(known: KnownFleet, fleet: FleetRuntime["fleet"]): Promise<void> {
    known.unwatch();
    await known.runtime.stop();
    this.#deps.recorder.flush();
    const next = this.#replaceRuntime(known, known.row, fleet);
    await this.#bringUp(next, { type: "person" });
    this.#watch(next);
  }

  #setFileError(known: KnownFleet, error: KnownFleet["fileError"]): void {
    showFileError(known, error);
    if (error !== undefined)
      this.#deps.recorder.note(
        fleetEvent(known.row.name, { verb: "file_refused", actor: "system", data: { ...error } }),
      );
    this.#feed.announce(known.row.name);
  }

  /** The core closes: files are no longer watched; agents go on in the keeper and no supervisor acts any more. */
  letGo(): void {
    for (const known of this.#known.values()) known.unwatch();
    this.#feed.close();
  }

  #save(
    known: KnownFleet,
    change: { status?: FleetStatus; autostart?: boolean; text?: string },
    what: EventParts,
  ): Result<unknown> {
    known.row = { ...known.row, ...change };
    return this.#fleetStore.save(known.row, fleetEvent(known.row.name, what));
  }

  #gaveUp(name: string): void {
    const known = this.#known.get(name);
    if (known === undefined) return;
    this.#save(known, { status: "gave_up" }, { verb: "gave_up", actor: "supervisor", data: {} });
    this.#feed.announce(name);
  }

  #unknown(name: string): Result<never> {
    return orElsewhere(unknownFleet(this.#known, name), this.#deps.elsewhere(name));
  }

  /** Errors: not_found with the nearest id, ambiguous, forbidden for what another machine has. */
  resolve(ref: string): Result<ResolvedNode> {
    return orElsewhere(resolveNode(this.#known, ref), this.#deps.elsewhere(ref));
  }

  /** In tree order. */
  agents(name: string): readonly FleetAgent[] {
    return agentsOf(this.#known.get(name)?.runtime.tree);
  }

  names(): readonly string[] {
    return [...this.#known.keys()].toSorted();
  }

  interrupted(): readonly string[] {
    return [...this.#known.values()].filter(({ row }) => row.status === "interrupted").map(({ row }) => row.name);
  }

  /** Whether anything of this fleet is up. */
  isUp(name: string): boolean {
    return this.#known.get(name)?.runtime.isUp === true;
  }

  view(name: string): Fleet | undefined {
    const known = this.#known.get(name);
    if (known === undefined) return undefined;
    const { row, runtime, fileError } = known;
    return {
      name: row.name,
      file: row.file,
      status: row.status,
      autostart: row.autostart,
      ...(fileError === undefined ? {} : { fileError }),
      root: runtime.tree.tree(),
    };
  }

  views(): readonly Fleet[] {
    return this.names().flatMap((name) => this.view(name) ?? []);
  }

  /** The returned function ends it. */
  watch(listener: TreeListener): () => void {
    return this.#feed.watch(listener);
  }
}
