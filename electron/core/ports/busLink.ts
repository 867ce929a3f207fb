/** The connection to a bus that is another process: whether it holds, and what a person should know of it. */
export type LinkState = "connected" | "reconnecting" | "closed";

export interface BusLink {
  /** Address without credentials. */
  readonly server: string;
  /** Of the server that answers now. */
  readonly version: string;
  /** What a person should mend on the server; one sentence each. */
  readonly warnings: readonly string[];
  readonly state: LinkState;
  /** Wall-clock ms since when it is lost; undefined while it holds. */
  readonly lostSince: number | undefined;
  /** Called at each change; the returned function ends it. */
  watch(listener: () => void): () => void;
}
