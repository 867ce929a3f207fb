/** How the app itself is: keeper, store, event number; sent when it changes, at most a few times a second. */
import { toIsoTime } from "#shared/lib/isoTime.ts";
import type { AppStatus } from "#shared/contract/index.ts";
import type { Core } from "#core/app.ts";

/** The event number moves with every event; nobody reads it faster. */
const STATUS_EVERY_MS = 250;

/** Sends the status now and after changes; the returned function ends it. */
export function watchStatus(core: Core, send: (status: AppStatus) => void): () => void {
  let link: AppStatus["keeper"] = "connected";
  let isScheduled = false;
  let isClosed = false;
  const sendNow = (): void => {
    isScheduled = false;
    if (!isClosed) send(readStatus(core, link));
  };
  const changed = (): void => {
    if (isScheduled || isClosed) return;
    isScheduled = true;
    core.ports.clock.after(STATUS_EVERY_MS, sendNow);
  };
  const ends = [
    core.ports.ptyHost.onLink((change) => {
      link = change.link;
      changed();
    }),
    core.store.onCommit(changed),
    core.store.onHealth(changed),
    core.fleets.watch(changed),
    core.joined.network?.link.watch(changed) ?? ((): void => {}),
  ];
  sendNow();
  return () => {
    isClosed = true;
    for (const end of ends) end();
  };
}

function readStatus(core: Core, keeper: AppStatus["keeper"]): AppStatus {
  const health = core.store.health();
  const notice = health.message ?? keeperNotice(keeper) ?? core.config.storeNotice();
  const network = networkStatus(core);
  return {
    keeper,
    store: storeState(health.status, core.config.storeNotice() !== undefined),
    lastSeq: core.store.events.lastSeq(),
    interrupted: [...core.fleets.interrupted()],
    ...(notice === undefined ? {} : { notice }),
    ...(network === undefined ? {} : { network }),
  };
}

function networkStatus({ joined, settings }: Core): AppStatus["network"] {
  const { network, notice } = joined;
  if (network === undefined)
    return notice === undefined ? undefined : { server: settings.current.natsUrl, state: "off", notice };
  const { server, state, lostSince } = network.link;
  const said = joined.machines?.notice;
  return {
    server,
    state: state === "connected" ? "connected" : "reconnecting",
    ...(lostSince === undefined ? {} : { lostSince: toIsoTime(lostSince) }),
    ...(said === undefined ? {} : { notice: said }),
  };
}

function storeState(status: string, wasRestored: boolean): AppStatus["store"] {
  if (status === "disk_full") return "disk_full";
  if (status !== "ok") return "read_only";
  return wasRestored ? "restored" : "ok";
}

function keeperNotice(keeper: AppStatus["keeper"]): string | undefined {
  if (keeper === "unreachable") return "The session keeper does not answer. Agents may go on; Signalbox keeps trying.";
  if (keeper === "lost")
    return "The session keeper died, and the terminals with it. A new one starts; agents are restarted by their supervisors.";
  return undefined;
}
