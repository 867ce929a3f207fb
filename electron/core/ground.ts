/** What everything else stands on: the store with its events, the machines it is joined to, and the bus on top. */
import { ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import { createBus } from "#core/bus/index.ts";
import type { Bus } from "#core/bus/index.ts";
import { Inbox } from "#core/inbox/index.ts";
import type { Database } from "#core/ports/database.ts";
import type { NetworkAddress, OpenNetwork } from "#core/ports/network.ts";
import { SettingsBook } from "#core/settings/index.ts";
import { createJournal, createRecorder, openStore } from "#core/store/index.ts";
import type { Journal, Recorder, Store } from "#core/store/index.ts";
import { createBackbone } from "./backbone.ts";
import type { Backbone, BackboneDeps } from "./backbone.ts";
import { joinNetwork } from "./joinMachines.ts";
import type { Joined } from "./joinMachines.ts";

export interface GroundPorts extends Pick<BackboneDeps, "clock" | "random" | "logger" | "newId"> {
  readonly database: Database;
  readonly openNetwork: OpenNetwork;
}

export interface Ground {
  readonly store: Store;
  readonly bus: Bus;
  readonly journal: Journal;
  readonly recorder: Recorder;
  readonly settings: SettingsBook;
  readonly inbox: Inbox;
  readonly joined: Joined;
  readonly backbone: Backbone;
}

/** Errors: schema_too_new, store_unavailable; with a network asked for those of OpenNetwork. */
export async function openGround(ports: GroundPorts, nats: NetworkAddress | undefined): Promise<Result<Ground>> {
  const { clock, logger } = ports;
  const opened = await openStore({ database: ports.database, clock, logger });
  if (!opened.ok) return opened;
  const store = opened.value;
  const bus = createBus({ source: store.events, logger });
  store.onCommit((events) => bus.publish(events));
  const journal = createJournal({ store, clock, logger });
  const recorder = createRecorder({ journal, clock, logger });
  const settings = new SettingsBook(store);
  const inbox = new Inbox({ store, recorder, clock });
  const joined = await joinNetwork({ ...ports, asked: nats, settings: settings.current });
  if (!joined.ok) return joined;
  const backbone = await createBackbone({ ...ports, store, events: bus, inbox, network: joined.value.network });
  if (!backbone.ok) return backbone;
  return ok({ store, bus, journal, recorder, settings, inbox, joined: joined.value, backbone: backbone.value });
}
