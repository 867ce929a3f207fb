/** The whole core on one screen: slices, the policies that join them, and the order in which they come up and go down. */
import { toIsoTime } from "#shared/lib/isoTime.ts";
import { systemSubject } from "#shared/lib/eventSubjects.ts";
import { ok } from "#shared/model/result.ts";
import type { MachineFacts } from "#shared/model/machine.ts";
import type { Result } from "#shared/model/result.ts";
import { agentIdsOf, createAdapters } from "#core/agents/index.ts";
import type { Mailboxes } from "#core/mailboxes/index.ts";
import { createMailRoom, type MailRoom } from "./mailRoom.ts";
import type { Backbone } from "./backbone.ts";
import { openGround } from "./ground.ts";
import type { Joined } from "./joinMachines.ts";
import { rememberedIngest } from "./rememberedIngest.ts";
import { Budgets } from "#core/budgets/index.ts";
import type { Bus } from "#core/bus/index.ts";
import { Fleets } from "#core/fleets/index.ts";
import type { Inbox } from "#core/inbox/index.ts";
import { Importer, Ledger, LedgerViews } from "#core/ledger/index.ts";
import { Memory } from "#core/memory/index.ts";
import {
  aboveInTree,
  agentEntries,
  askPolicy,
  budgetBrakes,
  budgetStopsAgents,
  budgetTree,
  fleetBudgets,
  fleetServers,
  fleetWorkflows,
  gatewayDesk,
  lifeOfSession,
  meteringGateway,
  ownerOfSession,
  recordedLives,
  reportLeftOver,
  serversFollowFleets,
  settleTrouble,
  spendLedger,
  spendOf,
  stepCalls,
  troublePolicy,
} from "#core/policies/index.ts";
import type { AgentAsks, EventHandlers } from "#core/policies/index.ts";
import type { AgentAdapter } from "#core/ports/agentAdapter.ts";
import type { Clock, Random } from "#core/ports/clock.ts";
import type { Database } from "#core/ports/database.ts";
import type { Embedder } from "#core/ports/embedder.ts";
import type { FleetFiles } from "#core/ports/fleetFiles.ts";
import type { OpenGateway } from "#core/ports/gateway.ts";
import type { OpenIngest } from "#core/ports/ingest.ts";
import type { Logger } from "#core/ports/logger.ts";
import type { Machine } from "#core/ports/machine.ts";
import type { McpHost } from "#core/ports/mcpClient.ts";
import type { NetworkAddress, OpenNetwork } from "#core/ports/network.ts";
import type { OutputLog } from "#core/ports/outputLog.ts";
import type { PriceList } from "#core/ports/priceList.ts";
import type { PtyHost } from "#core/ports/ptyHost.ts";
import type { RefusedCall } from "#core/ports/refusedCall.ts";
import type { RecordingArchive } from "#core/ports/recordingArchive.ts";
import type { Resources } from "#core/ports/resources.ts";
import type { Transcripts } from "#core/ports/transcripts.ts";
import type { Screens } from "#core/ports/screens.ts";
import { Recordings } from "#core/recordings/index.ts";
import { Registry } from "#core/registry/index.ts";
import { Sessions } from "#core/sessions/index.ts";
import type { SettingsBook } from "#core/settings/index.ts";
import { LifeMeters } from "#core/telemetry/index.ts";
import type { Workflows } from "#core/workflows/index.ts";
import { createWorkflowRoom } from "./workflowRoom.ts";
import type { WorkflowRoom } from "./workflowRoom.ts";
import type { Journal, Recorder, Store } from "#core/store/index.ts";

export interface CorePorts {
  readonly database: Database;
  readonly ptyHost: PtyHost;
  readonly screens: Screens;
  readonly outputLog: OutputLog;
  readonly archive: RecordingArchive;
  readonly machine: Machine;
  readonly resources: Resources;
  readonly fleetFiles: FleetFiles;
  readonly mcp: McpHost;
  readonly openIngest: OpenIngest;
  readonly priceList: PriceList;
  readonly openGateway: OpenGateway;
  readonly openNetwork: OpenNetwork;
  readonly transcripts: Transcripts;
  readonly embedder: Embedder;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly newId: () => string;
  readonly newToken: () => string;
}

export interface CoreConfig {
  readonly version: string;
  readonly dataDir: string;
  readonly host: "desktop" | "headless";
  readonly pid: number;
  /** The person's; their days, weeks and months begin there. */
  readonly timeZone: string;
  /** Start nothing at boot, adopt only. */
  readonly noStart: boolean;
  /** The NATS server of this start; the person's setting counts without it. */
  readonly nats: NetworkAddress | undefined;
  /** Who this machine is among others. */
  readonly machine: { readonly id: string; readonly name: string };
  /** What happened to a damaged store, in one sentence; found at the start or by the check beside the running app. */
  readonly storeNotice: () => string | undefined;
}

export interface Core {
  readonly config: CoreConfig;
  readonly startedAt: string;
  readonly ports: CorePorts;
  readonly adapters: readonly AgentAdapter[];
  readonly store: Store;
  readonly recorder: Recorder;
  readonly bus: Bus;
  readonly backbone: Backbone;
  readonly sessions: Sessions;
  readonly recordings: Recordings;
  readonly fleets: Fleets;
  readonly inbox: Inbox;
  readonly ledger: Ledger;
  readonly usage: LedgerViews;
  readonly importer: Importer;
  readonly budgets: Budgets;
  readonly registry: Registry;
  readonly workflows: Workflows;
  readonly memory: Memory;
  readonly settings: SettingsBook;
  readonly joined: Joined;
  readonly mailboxes: Mailboxes;
  readonly asks: AgentAsks;
  /** Everything is committed and let go; agents go on in the keeper. */
  close(): Promise<void>;
}

/** Resolves when surviving sessions are adopted. Errors: schema_too_new, store_unavailable, keeper_unavailable. */
export async function composeCore(ports: CorePorts, config: CoreConfig): Promise<Result<Core>> {
  const { clock, logger } = ports;
  const opened = await openGround(ports, config.nats);
  if (!opened.ok) return opened;
  const { store, bus, journal, recorder, settings, inbox, joined, backbone } = opened.value;
  const ledger = createLedger({ ports, config, store, recorder });
  const adapters = createAdapters({ machine: ports.machine });
  const doors = { ...ports, onRefused: (one: RefusedCall): void => mailRoom.refusedCallers.atTheDoor(one) };
  const ingest = rememberedIngest(doors, store);
  const budgets = createBudgets({ ports, store, recorder, ledger, fleets: () => fleets });
  const metering = createMetering({ doors, store, recorder, settings, ledger, budgets, sessions: () => sessions });
  const lifeMeters = new LifeMeters({ sink: ledger, ...ports });
  const recordings = new Recordings({ ...ports, lives: recordedLives(() => sessions), recorder, settings });
  const sessions: Sessions = new Sessions({
    ...ports,
    adapters,
    store,
    recorder,
    recordings,
    ingest: ingest.open,
    metering,
    asks: askPolicy(() => inbox),
    desk: (path, sessionId) => mailRoom.desk(path, sessionId),
    lifeMeters,
    brakes: budgetBrakes(budgets),
    filesDir: (sessionId) => `${config.dataDir}/sessions/${sessionId}/files`,
    gateRules: () => settings.current,
  });
  const known = { ports, config, store, recorder, sessions, adapters, settings, inbox, budgets };
  const registry = createRegistry({ ...known, backbone, fleets: () => fleets });
  const later = { mailboxes: () => mailRoom.slices.mailboxes, memory: () => memory, fleets: () => fleets, events: bus };
  const workflowRoom = createWorkflowRoom({ ...known, ...ports, ...later, backbone, registry });
  const { workflows, handlers } = workflowRoom;
  const fleets: Fleets = createFleets({ ...known, registry, workflows, handlers, elsewhere: joined.elsewhere });
  const workCall = stepCalls(() => workflows);
  const there = { ...later, sessions: () => sessions, registry: () => registry, workCall };
  const mailRoom = createMailRoom({ ...known, ...ports, ...there, bus: backbone.bus });
  const memory = new Memory({ ...ports, store, recorder, loadVectors: () => ports.database.loadVectors() });
  const ancestorsOf = aboveInTree(fleets);
  backbone.letterItems.joinTree(ancestorsOf);
  const usage = new LedgerViews({ ledger, store, recorder, clock, ancestorsOf });
  const importer = new Importer({ ...ports, archive: ports.transcripts.archive, ledger, store, recorder });
  bus.subscribe({ label: "settle trouble", pattern: ">", onEvents: settleTrouble(inbox) });
  serversFollowFleets({ registry, fleets, bus });
  const stops = budgetStopsAgents({ budgets, fleets, sessions, inbox, bus, clock, logger });
  const leftOver = (): void => reportLeftOver({ store, recorder, clock, ledger, logger });
  const woken = { registry, budgets, stops, mailRoom, workflowRoom };
  const recovered = await comeUp({ ...woken, sessions, fleets, recorder, config, logger, leftOver });
  if (!recovered.ok) return recovered;
  recordings.open();
  await backbone.open();
  memory.open();
  await joined.announce({ ...ports, facts: factsOf(ports, config), tree: fleets });
  const work = { ledger, usage, importer, budgets, registry, workflows, memory, sessions, recordings, fleets };
  const slices = { ...work, settings, inbox, ...mailRoom.slices };
  const ground = { config, ports, adapters, store, recorder, bus, backbone, joined };
  const listeners = [ingest, metering, { close: async () => mailRoom.refusedCallers.close() }];
  const close = (): Promise<void> => closeCore({ ...ground, ...slices, lifeMeters, journal, listeners });
  return ok({ ...ground, ...slices, startedAt: toIsoTime(clock.wallNow()), close });
}

function factsOf(ports: CorePorts, { version, host, machine }: CoreConfig): MachineFacts {
  return { ...machine, boot: ports.newId(), version, host, platform: ports.machine.platform };
}

interface MeteringParts extends Pick<FleetParts, "store" | "recorder" | "settings" | "budgets"> {
  readonly doors: CorePorts & { readonly onRefused: (one: RefusedCall) => void };
  readonly ledger: Ledger;
  readonly sessions: () => Sessions;
}

function createMetering({ doors, store, recorder, settings, ledger, budgets, sessions }: MeteringParts) {
  const onLimit: Parameters<typeof gatewayDesk>[0]["onLimit"] = (id, limit) => sessions().limited(id, limit);
  const ownerOf = ownerOfSession(store);
  const desk = gatewayDesk({ ledger, budgets, store, recorder, clock: doors.clock, ownerOf, onLimit });
  return meteringGateway({ ...doors, store, settings, desk });
}

interface LedgerParts {
  readonly ports: CorePorts;
  readonly config: CoreConfig;
  readonly store: Store;
  readonly recorder: Recorder;
}

function createLedger({ ports, config, store, recorder }: LedgerParts): Ledger {
  const { clock, logger } = ports;
  return new Ledger({
    store,
    recorder,
    clock,
    logger,
    priceList: ports.priceList,
    timeZone: config.timeZone,
    lifeOf: lifeOfSession(store),
  });
}

interface FleetParts {
  readonly ports: CorePorts;
  readonly config: CoreConfig;
  readonly store: Store;
  readonly recorder: Recorder;
  readonly sessions: Sessions;
  readonly adapters: readonly AgentAdapter[];
  readonly settings: SettingsBook;
  readonly inbox: Inbox;
  readonly budgets: Budgets;
  readonly registry: Registry;
  readonly workflows: Workflows;
  readonly handlers: EventHandlers;
  readonly elsewhere: Joined["elsewhere"];
}

function createFleets(parts: FleetParts): Fleets {
  const { ports, config, store, recorder, sessions, adapters, settings, inbox, budgets, registry } = parts;
  const forBudgets = fleetBudgets(budgets);
  const forServers = fleetServers(registry);
  const forWorkflows = fleetWorkflows(parts.workflows);
  return new Fleets({
    store,
    recorder,
    clock: ports.clock,
    logger: ports.logger,
    random: ports.random,
    agents: sessions,
    files: ports.fleetFiles,
    machine: ports.machine,
    mirrorFile: `${config.dataDir}/fleets.json`,
    agentIds: agentIdsOf(adapters),
    nextBootDelayMs: bootDelays(settings),
    onTrouble: troublePolicy(inbox),
    elsewhere: parts.elsewhere,
    onSpec: (name, fleet) => {
      forBudgets(name, fleet);
      forServers(name, fleet);
      forWorkflows(name, fleet);
      parts.handlers.define(name, fleet?.handlers ?? []);
    },
  });
}

interface RegistryParts extends Pick<FleetParts, "ports" | "store" | "recorder" | "adapters"> {
  readonly backbone: Backbone;
  readonly fleets: () => Fleets;
}

function createRegistry({ ports, store, recorder, backbone, fleets, adapters }: RegistryParts): Registry {
  const others = agentEntries(fleets);
  const agentIds = agentIdsOf(adapters);
  return new Registry({ ...ports, host: ports.mcp, bus: backbone.bus, store, recorder, others, agentIds });
}

interface BudgetParts extends Pick<FleetParts, "ports" | "store" | "recorder"> {
  readonly ledger: Ledger;
  readonly fleets: () => Fleets;
}

function createBudgets({ ports, store, recorder, ledger, fleets }: BudgetParts): Budgets {
  const { clock, logger, newId } = ports;
  const joined = { tree: budgetTree(fleets), ledger: spendLedger(store) };
  const budgets = new Budgets({ store, recorder, clock, logger, newId, ...joined });
  ledger.listen(spendOf(budgets));
  return budgets;
}

interface ComingUp {
  readonly sessions: Sessions;
  readonly fleets: Fleets;
  readonly registry: Registry;
  readonly workflowRoom: WorkflowRoom;
  readonly budgets: Budgets;
  readonly stops: ReturnType<typeof budgetStopsAgents>;
  readonly mailRoom: MailRoom;
  readonly recorder: Recorder;
  readonly config: CoreConfig;
  readonly logger: Logger;
  readonly leftOver: () => void;
}

/** Adopts what the keeper kept, then lets the fleets decide about the rest. */
async function comeUp(parts: ComingUp): Promise<Result<void>> {
  const { sessions, fleets, budgets, stops, recorder, config, logger } = parts;
  const data = { version: config.version, pid: config.pid, host: config.host };
  recorder.note({ subject: systemSubject("app", "started"), type: "system.started", actor: "system", data });
  const recovered = await sessions.recover();
  if (!recovered.ok) return recovered;
  logger.info("Sessions recovered.", recovered.value);
  recorder.flush();
  parts.leftOver();
  budgets.open();
  const storeWasDamaged = config.storeNotice() !== undefined;
  await fleets.open({ noStart: config.noStart, storeWasDamaged });
  stops.bootDone(!config.noStart);
  if (!config.noStart) parts.registry.open(fleets.names().filter((name) => fleets.isUp(name)));
  const mail = await parts.mailRoom.slices.mailboxes.open();
  if (!mail.ok) return mail;
  const underWay = await parts.workflowRoom.open({ noStart: config.noStart });
  if (!underWay.ok) return underWay;
  // After a damaged store an agent that nobody knows may still be wanted: `up` of its fleet adopts it.
  if (!storeWasDamaged) await sessions.endUnclaimed();
  recorder.flush();
  return ok(undefined);
}

interface Closing {
  readonly fleets: Fleets;
  readonly registry: Registry;
  readonly workflows: Workflows;
  readonly lifeMeters: LifeMeters;
  readonly importer: Importer;
  readonly ledger: Ledger;
  readonly budgets: Budgets;
  readonly memory: Memory;
  readonly recordings: Recordings;
  readonly mailboxes: Mailboxes;
  readonly recorder: Recorder;
  readonly journal: Journal;
  readonly bus: Bus;
  readonly backbone: Backbone;
  readonly joined: Joined;
  readonly store: Store;
  readonly listeners: readonly { close(): Promise<void> }[];
}

async function closeCore(closing: Closing): Promise<void> {
  const { fleets, importer, lifeMeters, recordings, ledger, budgets } = closing;
  const { recorder, journal, bus, backbone, store, listeners } = closing;
  fleets.letGo();
  closing.mailboxes.close();
  recordings.close();
  await closing.workflows.close();
  await closing.registry.close();
  await importer.close();
  budgets.close();
  closing.memory.close();
  lifeMeters.close();
  await Promise.all(listeners.map((listener) => listener.close()));
  ledger.close();
  recorder.note({ subject: systemSubject("app", "stopping"), type: "system.stopping", actor: "system", data: {} });
  recorder.flush();
  journal.close();
  await closing.joined.close();
  await backbone.close();
  bus.close();
  store.close();
}

/** Starts at boot follow each other at the interval a person set. */
function bootDelays(settings: SettingsBook): () => number {
  let next = 0;
  return () => next++ * settings.current.bootStaggerMs;
}
