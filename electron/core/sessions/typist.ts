/**
 * Everything that is typed into one life goes through here, so that a message and a person's keys are never mixed: keys
 * that come while a message is being typed wait for its end, and a message waits for an empty line and a quiet moment.
 */
import type { AgentActivity } from "#shared/model/states.ts";
import { ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import type { KeyStroke } from "#core/ports/agentAdapter.ts";
import type { Clock } from "#core/ports/clock.ts";
import { InputLine } from "./inputLine.ts";
import { passed } from "./pauses.ts";

/** After a key: longer than between two keys of a person who types, shorter than anybody would notice waiting. */
const QUIET_MS = 1_500;
/** Until a CLI that was given a message says that it works: seconds on a busy machine. */
const TAKEN_MS = 5_000;
/** Keys go to a dialog then, not to the input line. */
const IN_DIALOG: ReadonlySet<AgentActivity> = new Set(["starting", "waiting_permission", "waiting_answer"]);

export interface TypistDeps {
  readonly clock: Clock;
  readonly write: (bytes: Uint8Array) => Promise<Result<void>>;
  /** The observer may learn from them. */
  readonly heard: (bytes: Uint8Array) => void;
  /** Kept with the session: the next core must know that a text stands there. */
  readonly onLine: (isTaken: boolean) => void;
}

export interface Hold {
  readonly why: string;
  /** When to look again; absent: something will say so. */
  readonly againMs?: number;
}

export class Typist {
  readonly #deps: TypistDeps;
  readonly #line: InputLine;
  #activity: AgentActivity;
  #quietAtMs = 0;
  #takenUntilMs = 0;
  #saying: Promise<unknown> | undefined;

  constructor(
    deps: TypistDeps,
    kept: { readonly isLineTaken?: boolean | undefined; readonly activity: AgentActivity },
  ) {
    this.#deps = deps;
    this.#line = new InputLine(kept.isLineTaken);
    this.#activity = kept.activity;
  }

  activity(activity: AgentActivity): void {
    this.#activity = activity;
    if (activity !== "idle") this.#takenUntilMs = 0;
  }

  /** A person's key strokes. */
  async keys(bytes: Uint8Array): Promise<Result<void>> {
    while (this.#saying !== undefined) await this.#saying;
    this.#quietAtMs = this.#deps.clock.now() + QUIET_MS;
    const wasEmpty = this.#line.isEmpty;
    if (!IN_DIALOG.has(this.#activity)) this.#line.feed(bytes);
    if (wasEmpty !== this.#line.isEmpty) this.#deps.onLine(!this.#line.isEmpty);
    this.#deps.heard(bytes);
    return this.#deps.write(bytes);
  }

  /** One message after the other; a person's keys wait meanwhile. */
  async say(strokes: readonly KeyStroke[]): Promise<Result<void>> {
    while (this.#saying !== undefined) await this.#saying;
    const saying = this.#type(strokes);
    this.#saying = saying;
    try {
      return await saying;
    } finally {
      this.#saying = undefined;
      this.#takenUntilMs = this.#activity === "idle" ? this.#deps.clock.now() + TAKEN_MS : 0;
    }
  }

  async #type(strokes: readonly KeyStroke[]): Promise<Result<void>> {
    for (const stroke of strokes) {
      this.#deps.heard(stroke.bytes);
      const written = await this.#deps.write(stroke.bytes);
      if (!written.ok) return written;
      if (stroke.thenWaitMs > 0) await passed(this.#deps.clock, stroke.thenWaitMs);
    }
    return ok(undefined);
  }

  /** Why no message may be typed now; undefined: it may. */
  get hold(): Hold | undefined {
    if (this.#saying !== undefined) return { why: "another message is being typed", againMs: QUIET_MS };
    if (!this.#line.isEmpty) return { why: "a person's text stands in its input line" };
    const now = this.#deps.clock.now();
    if (now < this.#quietAtMs) return { why: "a person is typing", againMs: this.#quietAtMs - now };
    if (now < this.#takenUntilMs) return { why: "it was just given a message", againMs: this.#takenUntilMs - now };
    return undefined;
  }
}
