/** Headless terminals: the one responder to an agent's queries, the source of screen snapshots and of state hints. */
export interface ScreenSnapshot {
  /** Escape sequences that redraw the screen on an empty terminal of this size. */
  readonly bytes: Uint8Array;
  /** Log offset the snapshot stands at; live output continues from here. */
  readonly offset: number;
  readonly cols: number;
  readonly rows: number;
}

/** What a program said about itself through the terminal; unauthenticated display state. */
export type ScreenHint =
  /** OSC 7501, the Program Status Protocol; params as `key=value`. */
  | { readonly type: "status"; readonly params: Readonly<Record<string, string>> }
  | { readonly type: "title"; readonly title: string }
  /** OSC 9 / OSC 777 text notifications. */
  | { readonly type: "notification"; readonly text: string }
  | { readonly type: "bell" };

export interface ScreenListener {
  /** Type these bytes into the agent (answers to DA, CPR, OSC 7501 and the like). */
  reply(bytes: Uint8Array): void;
  hint(hint: ScreenHint): void;
}

export interface Screens {
  /** `live` false while old output is replayed: no replies, no hints. */
  open(sessionId: string, size: { cols: number; rows: number }, listener: ScreenListener): void;
  /** Consecutive bytes of the log. Bounded: a screen that falls behind skips to a fresh parse of the log's tail. */
  feed(sessionId: string, offset: number, bytes: Uint8Array, live: boolean): void;
  resize(sessionId: string, size: { cols: number; rows: number }): void;
  snapshot(sessionId: string): Promise<ScreenSnapshot | undefined>;
  /** The screen's rows as plain text, trailing blanks cut. */
  text(sessionId: string): Promise<string>;
  close(sessionId: string): void;
}
