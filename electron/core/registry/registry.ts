/** The registry as the rest of the core knows it: servers, their tools, calls, and finding what can do something. */
import { ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import type { RegistryEntry, ToolOutcome } from "#shared/model/toolServer.ts";
import type { MessageBus } from "#core/ports/messageBus.ts";
import { ToolCalls } from "./calls.ts";
import { readExperience } from "./callLog.ts";
import { discover } from "./discovery.ts";
import type { DiscoveryQuery } from "./discovery.ts";
import type { ToolOrder } from "./invocation.ts";
import type { RegistryDeps } from "./registryDeps.ts";
import { ServerBook } from "./serverBook.ts";
import { TemplateBook } from "./templateBook.ts";
import { ToolEvents } from "./toolEvents.ts";

export interface RegistryInit extends Omit<RegistryDeps, "emit"> {
  readonly bus: MessageBus;
  /** Agents, and templates of fleet files, which other slices know. */
  readonly others: () => readonly RegistryEntry[];
  /** Agent CLIs there is an adapter for. */
  readonly agentIds: readonly string[];
}

export class Registry {
  readonly servers: ServerBook;
  readonly templates: TemplateBook;
  readonly calls: ToolCalls;
  readonly #others: () => readonly RegistryEntry[];
  readonly #store: RegistryDeps["store"];

  constructor(init: RegistryInit) {
    const events = new ToolEvents(init);
    const deps: RegistryDeps = { ...init, emit: (news) => events.tell(news) };
    this.servers = new ServerBook(deps);
    this.templates = new TemplateBook({ ...init, onChange: () => this.servers.feed.markTemplates() });
    this.calls = new ToolCalls(deps, this.servers);
    this.#others = init.others;
    this.#store = init.store;
    this.calls.closeInterrupted();
    this.servers.load();
  }

  /** The app is up: what a person had running runs again, and so does what belongs to fleets that are up. */
  open(upFleets: readonly string[]): void {
    this.servers.startWanted();
    for (const fleet of upFleets) this.servers.fleetUp(fleet);
  }

  invoke(order: ToolOrder): Promise<Result<ToolOutcome>> {
    return this.calls.invoke(order);
  }

  find(query: DiscoveryQuery): Result<RegistryEntry[]> {
    const known = [...this.servers.entries(), ...this.templates.entries(), ...this.#others()];
    return ok([...discover(known, query, readExperience(this.#store, query.contextId))]);
  }

  close(): Promise<void> {
    return this.servers.close();
  }
}
