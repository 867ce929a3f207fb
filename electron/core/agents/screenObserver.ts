/**
 * An observer for CLIs that only speak through their terminal: state from hints, permissions read off the screen and
 * answered by keys. What differs between CLIs is the `Reader`.
 */
import type { AgentObserver, ObserverContext } from "#core/ports/agentAdapter.ts";
import type { HookPayload } from "#core/ports/hookIngest.ts";
import type { ScreenHint } from "#core/ports/screens.ts";
import type { TelemetryBatch } from "#core/ports/telemetry.ts";
import type { Result } from "#shared/model/result.ts";
import type { AgentActivity } from "#shared/model/states.ts";
import { ActivityReporter } from "./activity.ts";
import { AskDesk, type Choice } from "./askDesk.ts";
import { findTrouble } from "./limits.ts";
import type { Dialog } from "./screenDialogs.ts";

export interface Reading {
  readonly activity: AgentActivity;
  readonly detail: string;
  /** The turn failed; the screen says why. */
  readonly isError?: boolean;
}

export interface Reader {
  /** What a hint means; undefined where it says nothing. */
  readonly read: (hint: ScreenHint) => Reading | undefined;
  /** The dialog on the screen; undefined where there is none. */
  readonly dialog: (screen: string) => Dialog | undefined;
  /** On the screen as long as a turn lasts; absent: its hints tell the state again after an app restart. */
  readonly works?: RegExp;
  /**
   * Whether what was said before stands on the screen again, for CLIs that say that they wait before they have read their
   * session: until then a message typed would be lost.
   */
  readonly resumed?: (screen: string) => boolean;
  /** Some dialogs are announced by no hint: look when the screen has settled. */
  readonly looksWhenQuiet: boolean;
  /** The conversations its telemetry names. */
  readonly conversations?: (batch: TelemetryBatch) => readonly string[];
  /** The CLI's own session id, once it can be found; undefined where it is known in advance. */
  readonly discover?: (context: ObserverContext, search: SessionSearch) => Promise<string | undefined>;
}

export interface SessionSearch {
  /** Wall-clock ms. */
  readonly startedAtMs: number;
  /** What its telemetry named so far. */
  readonly conversations: ReadonlySet<string>;
}

/** Drawing a dialog takes several writes. */
const DRAWN_MS = 300;
const QUIET_MS = 600;
/** The screen of an adopted session is redrawn from its log. */
const REDRAWN_MS = 2_000;
/** An agent with a first message is not idle before it has begun (9 s on a busy machine); longer and it has lost the message. */
const BEGIN_MS = 20_000;
const DISCOVER_EVERY_MS = 1_000;
/** After anything happened; an agent that waits for its first prompt has no session yet, and is not looked for. */
const DISCOVER_TIMES = 10;
/** A CLI that has no time draws its answered dialog on; after this long it asks the same again. */
const ANSWER_TAKEN_MS = 5_000;
/** Terminals take keys that arrive together for a paste. */
const KEY_PAUSE_MS = 300;

export class ScreenObserver implements AgentObserver {
  readonly #context: ObserverContext;
  readonly #reader: Reader;
  readonly #activity: ActivityReporter;
  readonly #desk: AskDesk;
  readonly #startedAtMs: number;
  readonly #timers = new Map<string, () => void>();
  #askId: string | undefined;
  #answered: { readonly body: string; readonly untilMs: number } | undefined;
  #isDisposed = false;
  /** The latest look at whether it has read its session. */
  #resuming: (() => Promise<void>) | undefined;
  #discoverTimesLeft = 0;
  #isIdentified: boolean;
  readonly #conversations = new Set<string>();
  /** A hint came since this observer began. */
  #hasSpoken = false;

  constructor(context: ObserverContext, reader: Reader) {
    this.#context = context;
    this.#reader = reader;
    this.#startedAtMs = context.clock.wallNow();
    this.#activity = new ActivityReporter((fact) => context.emit(fact), context.adopted?.activity);
    this.#desk = new AskDesk((fact) => context.emit(fact), `screen-${this.#startedAtMs}`);
    if (isWaiting(this.#activity.current)) this.#lookSoon(REDRAWN_MS);
    if (context.adopted?.activity === "busy" && reader.works !== undefined)
      this.#after("adopted", REDRAWN_MS, () => void this.#lookAtAdopted(reader.works));
    this.#isIdentified = context.cliSessionId !== undefined || reader.discover === undefined;
    this.#lookForSession();
  }

  /** What it said while no app was there reached nobody: its turn may have ended, or a dialog have opened. */
  async #lookAtAdopted(works: RegExp | undefined): Promise<void> {
    const screen = await this.#context.screenText();
    if (this.#isDisposed || this.#hasSpoken || this.#activity.current !== "busy") return;
    if (this.#reader.dialog(screen) !== undefined) this.#look(screen);
    else if (works?.test(screen) === false) this.#activity.report("idle", "Waits for a prompt");
  }

  hint(hint: ScreenHint): void {
    const reading = this.#reader.read(hint);
    if (reading === undefined) return;
    this.#hasSpoken = true;
    this.#lookForSession();
    this.#cancel("begin");
    this.#resuming = undefined;
    const isEarly = reading.activity === "idle" && this.#context.hasPrompt && this.#activity.current === "starting";
    if (isEarly) return this.#after("begin", BEGIN_MS, () => this.#apply(reading));
    const isResuming =
      this.#context.mode === "resume" && reading.activity === "idle" && this.#activity.current === "starting";
    if (isResuming && this.#reader.resumed !== undefined) return this.#applyOnceResumed(reading, this.#reader.resumed);
    this.#apply(reading);
  }

  /** Every later hint takes its place. */
  #applyOnceResumed(reading: Reading, isResumed: (screen: string) => boolean): void {
    const endsAtMs = this.#context.clock.now() + BEGIN_MS;
    const look = async (): Promise<void> => {
      const screen = await this.#context.screenText();
      if (this.#isDisposed || this.#resuming !== look) return;
      if (isResumed(screen) || this.#context.clock.now() > endsAtMs) this.#apply(reading);
      else this.#after("begin", DRAWN_MS, () => void look());
    };
    this.#resuming = look;
    this.#after("begin", DRAWN_MS, () => void look());
  }

  output(): void {
    // While it works it draws without end; quiet at work is a dialog that no hint announced.
    if (this.#reader.looksWhenQuiet) this.#lookSoon(QUIET_MS);
    // Codex says that it is blocked up to a second before it has drawn what it asks.
    else if (isWaiting(this.#activity.current) && this.#desk.isEmpty && !this.#timers.has("look"))
      this.#lookSoon(DRAWN_MS);
  }

  typed(): void {
    // A key shows as a change of state.
  }

  hook(_payload: HookPayload): Promise<HookPayload> {
    return Promise.resolve({});
  }

  telemetry(batch: TelemetryBatch): void {
    const told = this.#reader.conversations?.(batch) ?? [];
    if (this.#isIdentified || told.length === 0) return;
    for (const conversation of told) this.#conversations.add(conversation);
    this.#lookForSession();
  }

  answer(askId: string, choice: Choice): Promise<Result<void>> {
    return Promise.resolve(this.#desk.answer(askId, choice));
  }

  dispose(): void {
    this.#isDisposed = true;
    for (const cancel of this.#timers.values()) cancel();
    this.#timers.clear();
    this.#desk.withdrawAll();
  }

  #apply(reading: Reading): void {
    if (isWaiting(reading.activity)) {
      this.#activity.report(reading.activity, reading.detail);
      this.#lookSoon(DRAWN_MS);
      return;
    }
    this.#desk.withdrawAll();
    if (reading.isError === true) void this.#readTrouble(reading);
    else this.#activity.report(reading.activity, reading.detail);
  }

  #lookSoon(delayMs: number): void {
    this.#after("look", delayMs, () => {
      void this.#context.screenText().then((screen) => this.#look(screen));
    });
  }

  #look(screen: string): void {
    if (this.#isDisposed) return;
    const dialog = this.#reader.dialog(screen);
    if (dialog === undefined) return this.#dialogGone();
    if (!this.#desk.isEmpty) return;
    // It has its answer, and has not drawn what became of it yet.
    if (dialog.ask.body === this.#answered?.body && this.#context.clock.now() < this.#answered.untilMs)
      return this.#lookSoon(QUIET_MS);
    if (dialog.ask.kind === "rate_limited") this.#activity.report("rate_limited", dialog.ask.body);
    else if (!isWaiting(this.#activity.current))
      this.#activity.report("waiting_permission", `${dialog.ask.title}: ${dialog.ask.body}`);
    this.#askId = this.#desk.open(dialog.ask, {
      onAnswer: (choice) => {
        this.#answered = { body: dialog.ask.body, untilMs: this.#context.clock.now() + ANSWER_TAKEN_MS };
        this.#typeKeys(dialog.keys(choice));
      },
    });
  }

  /** A dialog that no hint announced ends without one, too. */
  #dialogGone(): void {
    if (this.#askId === undefined || !this.#reader.looksWhenQuiet) return;
    this.#desk.withdraw(this.#askId);
    this.#askId = undefined;
    // The title says Working before and after: nothing else tells that it goes on.
    if (this.#activity.current === "rate_limited") this.#activity.report("busy", "Working");
  }

  #typeKeys(keys: readonly Uint8Array[]): void {
    keys.forEach((bytes, index) => this.#after(`key ${index}`, index * KEY_PAUSE_MS, () => this.#context.type(bytes)));
  }

  async #readTrouble(reading: Reading): Promise<void> {
    const screen = await this.#context.screenText();
    const tail = screen
      .split("\n")
      .filter((line) => line.trim() !== "")
      .slice(-12)
      .join("\n");
    const trouble = findTrouble(tail, this.#context.clock.wallNow());
    if (this.#isDisposed) return;
    if (trouble === undefined) this.#activity.report("idle", reading.detail);
    else if ("limit" in trouble) {
      this.#activity.report("rate_limited", trouble.limit.detail);
      this.#context.emit({ type: "rate_limited", ...trouble.limit });
    } else {
      this.#activity.report("needs_login", trouble.login);
      this.#context.emit({ type: "needs_login", detail: trouble.login });
    }
  }

  #lookForSession(): void {
    if (this.#isIdentified) return;
    this.#discoverTimesLeft = DISCOVER_TIMES;
    if (!this.#timers.has("discover")) this.#after("discover", DISCOVER_EVERY_MS, () => void this.#discover());
  }

  async #discover(): Promise<void> {
    if (this.#isIdentified) return;
    this.#discoverTimesLeft -= 1;
    const search = { startedAtMs: this.#startedAtMs, conversations: this.#conversations };
    const cliSessionId = await this.#reader.discover?.(this.#context, search);
    // Another look may have begun while this one was at the disk.
    if (this.#isDisposed || this.#isIdentified) return;
    if (cliSessionId !== undefined) {
      this.#isIdentified = true;
      this.#context.emit({ type: "cli_session", cliSessionId });
    } else if (this.#discoverTimesLeft > 0) this.#after("discover", DISCOVER_EVERY_MS, () => void this.#discover());
  }

  #after(name: string, delayMs: number, task: () => void): void {
    this.#cancel(name);
    const once = (): void => {
      this.#timers.delete(name);
      task();
    };
    this.#timers.set(name, this.#context.clock.after(delayMs, once));
  }

  #cancel(name: string): void {
    this.#timers.get(name)?.();
    this.#timers.delete(name);
  }
}

function isWaiting(activity: AgentActivity): boolean {
  return activity === "waiting_permission" || activity === "waiting_answer";
}
