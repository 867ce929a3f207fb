/**
 * The registry: which MCP servers there are, of fleet files and of persons, and how they stand. Nothing starts without
 * consent: a fleet's servers with its fleet, a person's with their word, which holds until they take it back.
 */
import type { EventVerb } from "#shared/model/event.ts";
import { toolServerSubject } from "#shared/lib/eventSubjects.ts";
import { fail, ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import type { RegistryEntry, Tool, ToolServer, ToolServerSpec } from "#shared/model/toolServer.ts";
import { refusalOfSecret, writtenSecrets } from "#shared/model/writtenSecrets.ts";
import { AnswerCache } from "./answerCache.ts";
import { deleteServerRow, readServerRows, writeServerRow } from "./serverRows.ts";
import type { ServerRow } from "./serverRows.ts";
import { LiveServer } from "./liveServer.ts";
import type { ServerNews, Standing } from "./liveServer.ts";
import { RegistryFeed } from "./registryFeed.ts";
import type { RegistryListener } from "./registryFeed.ts";
import type { RegistryDeps } from "./registryDeps.ts";
import { resolveServer } from "./resolveServer.ts";
import { serverEntries, serverView } from "./views.ts";

interface Known {
  readonly server: LiveServer;
  /** A person's word, over what the fleet file says. */
  enabled: boolean | undefined;
  wanted: boolean;
}

interface Note {
  readonly actor?: string;
  readonly data?: Record<string, unknown>;
}

/** One machine's worth; each is a process. */
const MOST_SERVERS = 200;
/** An address that did not answer is asked again this often: its server may be back, and asking starts nothing. */
const ASK_AGAIN_MS = 5 * 60_000;
/** A first answer, or the first failure. */
const VERIFY_WAIT_MS = 75_000;

export class ServerBook {
  readonly feed: RegistryFeed;
  readonly answers: AnswerCache;
  readonly #deps: RegistryDeps;
  readonly #known = new Map<string, Known>();
  readonly #upFleets = new Set<string>();
  #stored: ReadonlyMap<string, ServerRow> = new Map();
  #isClosed = false;

  constructor(deps: RegistryDeps) {
    this.#deps = deps;
    this.feed = new RegistryFeed(deps.clock);
    this.answers = new AnswerCache(deps.clock);
  }

  /** What was there before this start. Servers of fleets come with their fleets. */
  load(): void {
    const rows = readServerRows(this.#deps.store);
    this.#stored = new Map(rows.map((row) => [row.key, row]));
    for (const row of rows) if (row.fleet === undefined) this.#remember(row);
  }

  /** Persons' servers that ran when the app ended run again. */
  startWanted(): void {
    for (const { server, wanted } of this.#known.values())
      if (wanted && server.fleet === undefined) void server.start();
  }

  /** A fleet as its file stands now; undefined: it was forgotten. What is the same goes on. */
  setFleetServers(fleet: string, specs: readonly ToolServerSpec[] | undefined): void {
    const wanted = new Set((specs ?? []).map((spec) => `${fleet}/${spec.id}`));
    for (const [key, { server }] of this.#known)
      if (server.fleet === fleet && !wanted.has(key))
        void this.#drop(key, "Its entry was taken out of the fleet file.");
    for (const spec of specs ?? []) this.#declare(`${fleet}/${spec.id}`, fleet, spec);
  }

  #declare(key: string, fleet: string, spec: ToolServerSpec): void {
    const known = this.#known.get(key);
    if (known === undefined) {
      const stored = this.#stored.get(key);
      const enabled = stored?.enabled;
      const made = this.#remember({
        key,
        fleet,
        spec,
        enabled,
        wanted: false,
        standing: stored?.standing ?? this.#fresh(enabled ?? spec.enabled),
        tools: stored?.tools ?? [],
      });
      this.#save(made);
      this.#note(made.server, "registered");
      if (this.#upFleets.has(fleet) && isEnabled(made)) void made.server.start();
      return;
    }
    this.#redeclare(known, spec);
  }

  #redeclare(known: Known, spec: ToolServerSpec): void {
    const { server } = known;
    const isOther = JSON.stringify(server.spec.transport) !== JSON.stringify(spec.transport);
    if (JSON.stringify(server.spec) !== JSON.stringify(spec)) this.answers.drop(server.key);
    server.setSpec(spec);
    this.#save(known);
    this.feed.mark(server.key);
    if (isOther && server.isUp)
      void server.stop("Its entry in the fleet file was changed.").then(() => {
        // What the life before was still asked.
        this.answers.drop(server.key);
        return server.start();
      });
  }

  #fresh(enabled: boolean): Standing {
    return { state: enabled ? "registered" : "disabled", sinceMs: this.#deps.clock.wallNow(), restarts: 0 };
  }

  #remember(row: ServerRow): Known {
    const { clock, random, logger, host } = this.#deps;
    const server = new LiveServer(
      { ...row, standing: rested(row.standing) },
      {
        host,
        clock,
        random,
        logger,
        onChange: (changed) => {
          this.#save(known);
          this.feed.mark(changed.key);
        },
        onNews: (_changed, news) => this.#hear(known, news),
        onOtherTools: ({ key }) => void this.answers.drop(key),
      },
    );
    const known: Known = { server, enabled: row.enabled, wanted: row.wanted };
    this.#known.set(row.key, known);
    this.feed.mark(row.key);
    return known;
  }

  fleetUp(fleet: string): void {
    this.#upFleets.add(fleet);
    for (const known of this.#known.values())
      if (known.server.fleet === fleet && isEnabled(known)) void known.server.start();
  }

  fleetDown(fleet: string): void {
    this.#upFleets.delete(fleet);
    for (const { server } of this.#known.values())
      if (server.fleet === fleet && server.isUp) void server.stop(`The fleet ${fleet} is down.`);
  }

  /** Errors: bad_request (a secret is written out), conflict, too_large. Nothing is started. */
  add(spec: ToolServerSpec, actor: string): Result<ToolServer> {
    const [secret, ...more] = writtenSecrets(spec.id, spec.transport);
    if (secret !== undefined)
      return fail("bad_request", refusalOfSecret(spec.id, secret, more.length), { variable: secret.variable });
    if (this.#known.has(spec.id))
      return fail("conflict", `There is a server ${spec.id} already. Remove it first, or take another name.`);
    if (this.#known.size >= MOST_SERVERS)
      return fail("too_large", `${MOST_SERVERS} servers are known; remove one first.`);
    const standing = this.#fresh(spec.enabled);
    const row: ServerRow = {
      key: spec.id,
      fleet: undefined,
      spec,
      enabled: undefined,
      wanted: false,
      standing,
      tools: [],
    };
    const saved = this.#deps.store.transact({
      actor,
      work: (tx) => {
        writeServerRow(tx, row);
        tx.append({
          subject: toolServerSubject(spec.id, "added"),
          type: "tool_server.added",
          data: { key: spec.id, transport: spec.transport.type },
        });
      },
    });
    if (!saved.ok) return saved;
    return ok(this.#view(this.#remember(row).server));
  }

  /** Errors: not_found, ambiguous, forbidden (a fleet's is removed in its file). */
  async remove(ref: string, actor: string): Promise<Result<{ key: string }>> {
    const found = this.find(ref);
    if (!found.ok) return found;
    const { key, fleet } = found.value;
    if (fleet !== undefined)
      return fail(
        "forbidden",
        `${key} stands in the file of the fleet ${fleet}. Take its entry out there, or disable it.`,
      );
    await this.#drop(key, "It was removed.", actor);
    return ok({ key });
  }

  async #drop(key: string, why: string, actor = "system"): Promise<void> {
    const known = this.#known.get(key);
    if (known === undefined) return;
    this.#known.delete(key);
    this.feed.mark(key);
    await known.server.stop(why);
    this.answers.drop(key);
    this.#deps.recorder.note(
      { subject: toolServerSubject(key, "removed"), type: "tool_server.removed", actor, data: { key, why } },
      (tx) => deleteServerRow(tx, key),
    );
  }

  /** Starts it if it does not run, and lists its tools. The person's word: it runs from now on. */
  async verify(ref: string, actor: string): Promise<Result<ToolServer>> {
    const found = this.#find(ref);
    if (!found.ok) return found;
    const { server } = found.value;
    this.#want(found.value, true);
    this.#note(server, "verification_asked", { actor });
    if (server.connection !== undefined && server.standing.state !== "verifying") {
      const looked = await server.lookAgain();
      return looked.ok ? ok(this.#view(server)) : looked;
    }
    // Before it is started: one that is up, or fails, at once would otherwise be waited for in vain.
    const word = server.waiters.wait(this.#deps.clock, VERIFY_WAIT_MS, { untilFirstWord: true });
    const started = await server.start();
    if (!started.ok) server.waiters.failed(started);
    const up = await word;
    return up.ok ? ok(this.#view(server)) : up;
  }

  /** It may run again; whether it starts now is a matter of its fleet, or of a verification. */
  enable(ref: string, actor: string): Result<ToolServer> {
    const found = this.#find(ref);
    if (!found.ok) return found;
    const { server } = found.value;
    if (server.standing.state === "disabled") {
      found.value.enabled = true;
      server.enable();
      this.#note(server, "enabled", { actor });
      if (server.fleet !== undefined && this.#upFleets.has(server.fleet)) void server.start();
    }
    return ok(this.#view(server));
  }

  async disable(ref: string, actor: string): Promise<Result<ToolServer>> {
    const found = this.#find(ref);
    if (!found.ok) return found;
    const { server } = found.value;
    if (server.standing.state !== "disabled") {
      found.value.enabled = false;
      this.#want(found.value, false);
      await server.stop("A person disabled it.", "disabled");
      this.answers.drop(server.key);
      this.#note(server, "disabled", { actor });
    }
    return ok(this.#view(server));
  }

  /** A person wants it asked anew. */
  dropAnswers(ref: string, actor: string): Result<{ key: string; dropped: number }> {
    const found = this.#find(ref);
    if (!found.ok) return found;
    const { server } = found.value;
    const dropped = this.answers.drop(server.key);
    this.#note(server, "answers_dropped", { actor, data: { answers: dropped } });
    this.feed.mark(server.key);
    return ok({ key: server.key, dropped });
  }

  /** Ends it without disabling it. */
  async stop(ref: string, actor: string): Promise<Result<ToolServer>> {
    const found = this.#find(ref);
    if (!found.ok) return found;
    const { server } = found.value;
    this.#want(found.value, false);
    if (server.isUp) await server.stop("A person stopped it.");
    this.#note(server, "stopped", { actor });
    return ok(this.#view(server));
  }

  /** The emergency stop: nothing is started again, then every process is ended. Answers how many were. */
  async halt(): Promise<number> {
    for (const known of this.#known.values()) {
      this.#want(known, false);
      known.server.kill("The emergency stop ended it.");
    }
    return (await this.#deps.host.killAll()).killed;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const { server } of this.#known.values()) server.kill("Signalbox was closed.");
    await this.#deps.host.close();
  }

  /** A person's call started it, too. */
  wants(key: string): void {
    const known = this.#known.get(key);
    if (known !== undefined) this.#want(known, true);
  }

  find(ref: string, ownFleet?: string): Result<LiveServer> {
    const found = this.#find(ref, ownFleet);
    return found.ok ? ok(found.value.server) : found;
  }

  #find(ref: string, ownFleet?: string): Result<Known> {
    const key = resolveServer([...this.#known.keys()], ref, ownFleet);
    if (!key.ok) return key;
    const known = this.#known.get(key.value);
    return known === undefined ? fail("not_found", `There is no server ${ref}.`) : ok(known);
  }

  tool(ref: string, name: string): Result<Tool> {
    const found = this.find(ref);
    if (!found.ok) return found;
    const tool = found.value.tools.find((one) => one.name === name);
    return tool === undefined ? fail("not_found", `${found.value.key} has no tool ${name}.`) : ok(tool);
  }

  views(keys?: readonly string[]): readonly ToolServer[] {
    const all = [...this.#known.values()].map(({ server }) => server).toSorted((a, b) => a.key.localeCompare(b.key));
    return all.filter(({ key }) => keys === undefined || keys.includes(key)).map((server) => this.#view(server));
  }

  #view(server: LiveServer): ToolServer {
    return serverView(server, this.answers.count(server.key));
  }

  has(key: string): boolean {
    return this.#known.has(key);
  }

  entries(): readonly RegistryEntry[] {
    return [...this.#known.values()].flatMap(({ server }) => serverEntries(server));
  }

  watch(listener: RegistryListener): () => void {
    return this.feed.watch(listener);
  }

  #want(known: Known, wanted: boolean): void {
    if (known.server.fleet !== undefined || known.wanted === wanted) return;
    known.wanted = wanted;
    this.#save(known);
  }

  #hear(known: Known, news: ServerNews): void {
    const { server } = known;
    const { type, ...data } = news;
    if (this.#isClosed) return;
    this.#note(server, type, { data });
    if (type === "gave_up" && server.spec.transport.type === "http") this.#askAgainLater(known);
  }

  #askAgainLater(known: Known): void {
    const { server } = known;
    this.#deps.clock.after(ASK_AGAIN_MS, () => {
      const isWanted = server.fleet === undefined ? known.wanted : this.#upFleets.has(server.fleet);
      if (isWanted && !this.#isClosed && this.#known.get(server.key) === known && !server.isUp) void server.start();
    });
  }

  #note(server: LiveServer, verb: EventVerb<"tool_server">, { actor = "system", data = {} }: Note = {}): void {
    this.#deps.recorder.note({
      subject: toolServerSubject(server.key, verb),
      type: `tool_server.${verb}`,
      actor,
      data: { key: server.key, ...data },
    });
    this.#deps.emit({ type: "server", key: server.key, verb, data, atMs: this.#deps.clock.wallNow() });
  }

  #save({ server, enabled, wanted }: Known): void {
    if (this.#isClosed) return;
    const { key, fleet, spec, standing, tools } = server;
    this.#deps.recorder.project((tx) => writeServerRow(tx, { key, fleet, spec, enabled, wanted, standing, tools }));
  }
}

function isEnabled({ server }: Known): boolean {
  return server.standing.state !== "disabled";
}

/** No process has outlived the app: what ran is offline now. */
function rested(standing: Standing): Standing {
  if (standing.state === "disabled" || standing.state === "registered") return standing;
  if (standing.state === "offline") return standing;
  return { ...standing, state: "offline", detail: "Signalbox was started anew." };
}
