/** Follows one NATS connection: whether it holds, since when not, and who wants to hear of it. */
import type { NatsConnection } from "@nats-io/transport-node";
import type { BusLink, LinkState } from "#core/ports/busLink.ts";
import type { Logger } from "#core/ports/logger.ts";
import type { NatsSession } from "./natsConnect.ts";

export class NatsLink implements BusLink {
  readonly server: string;
  readonly warnings: readonly string[];
  readonly #connection: NatsConnection;
  readonly #logger: Logger;
  readonly #listeners = new Set<() => void>();
  #state: LinkState = "connected";
  #lostSince: number | undefined;

  constructor({ connection, shown, warnings }: NatsSession, logger: Logger) {
    this.#connection = connection;
    this.#logger = logger;
    this.server = shown;
    this.warnings = warnings;
    void this.#follow();
  }

  get version(): string {
    return this.#connection.info?.version ?? "unknown";
  }

  get state(): LinkState {
    return this.#state;
  }

  get lostSince(): number | undefined {
    return this.#lostSince;
  }

  watch(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Resolves at the next change, or after `ms`. */
  changeWithin(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        end();
        clearTimeout(timer);
        resolve();
      };
      const end = this.watch(done);
      const timer = setTimeout(done, ms);
    });
  }

  async #follow(): Promise<void> {
    for await (const status of this.#connection.status()) {
      if (status.type === "disconnect") {
        this.#logger.warn("The connection to NATS is lost.", { server: this.server });
        this.#become("reconnecting");
      } else if (status.type === "reconnect") {
        this.#logger.info("The connection to NATS is back.", { server: this.server, version: this.version });
        this.#become("connected");
      } else if (status.type === "error") {
        this.#logger.warn("NATS reported an error.", { server: this.server, error: status.error.message });
      }
    }
    this.#become("closed");
  }

  #become(state: LinkState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#lostSince = state === "connected" ? undefined : (this.#lostSince ?? Date.now());
    for (const listener of this.#listeners) listener();
  }
}
