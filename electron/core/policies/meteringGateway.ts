/**
 * Joins sessions, settings, budgets and ledger at the metering gateway. Off unless a person turned it on for all agents
 * (setting) or for one (fleet file): nobody's credentials pass through us unasked.
 */
import type { Gateway, GatewayDesk, GatewayOptions, OpenGateway } from "#core/ports/gateway.ts";
import type { Logger } from "#core/ports/logger.ts";
import type { Machine } from "#core/ports/machine.ts";
import type { SessionMetering } from "#core/sessions/index.ts";
import type { SettingsBook } from "#core/settings/index.ts";
import type { Store } from "#core/store/index.ts";

export interface MeteringParts {
  readonly openGateway: OpenGateway;
  readonly desk: GatewayDesk;
  readonly store: Store;
  readonly settings: SettingsBook;
  readonly machine: Machine;
  readonly logger: Logger;
  readonly onRefused: NonNullable<GatewayOptions["onRefused"]>;
}

export interface Metering extends SessionMetering {
  close(): Promise<void>;
}

/** On the port of the last run: agents that outlived the app reach the next one, and their own retries cover the gap. */
export function meteringGateway(parts: MeteringParts): Metering {
  const { openGateway, desk, store, settings, machine, logger, onRefused } = parts;
  let opening: Promise<Gateway | undefined> | undefined;
  const openNow = async (): Promise<Gateway | undefined> => {
    const row = store.get("SELECT value FROM settings WHERE key = 'internal.gatewayPort'");
    const port = row === undefined ? Number.NaN : Number(row["value"]);
    const opened = await openGateway({ desk, onRefused, ...(Number.isInteger(port) ? { preferredPort: port } : {}) });
    if (!opened.ok) {
      logger.error("The metering gateway cannot be opened; agents run without it.", { error: opened.error.message });
      return undefined;
    }
    if (Number.isInteger(port) && port !== opened.value.port)
      logger.warn("The metering gateway's port was taken; agents of the last run do not reach it.", { port });
    store.transact({
      actor: "system",
      work: (tx) =>
        tx.run(
          "INSERT INTO settings (key, value) VALUES ('internal.gatewayPort', ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
          [String(opened.value.port)],
        ),
    });
    return opened.value;
  };
  return {
    isWanted: (spec) => spec.gateway ?? settings.current.gateway === "on",
    open: () => (opening ??= openNow()),
    environment: () => machine.environment(),
    close: async () => {
      await (await opening)?.close();
      desk.flush();
    },
  };
}
