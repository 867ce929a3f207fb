/**
 * What a running Claude Code does, from OSC 7501 (state) and its hooks (details, permissions, questions).
 * A permission request is held open while Claude shows its own dialog: the first answer wins, here or in the terminal.
 */
import type { AgentAsk, AgentObserver, ObserverContext } from "#core/ports/agentAdapter.ts";
import type { HookPayload } from "#core/ports/hookIngest.ts";
import type { ScreenHint } from "#core/ports/screens.ts";
import { hookEventSchema } from "#shared/model/catalogue/hook.ts";
import type { Result } from "#shared/model/result.ts";
import { ActivityReporter } from "./activity.ts";
import { AskDesk, type Choice } from "./askDesk.ts";
import {
  answersDecision,
  brakeDecision,
  permissionAsk,
  permissionDecision,
  questionAsk,
  questionsOf,
  type HookEvent,
} from "./claudeHooks.ts";
import { claudeDialog, claudeRetry } from "./claudeDialogs.ts";
import { findLimit, findLogin } from "./limits.ts";
import { activityOf, parseProgramStatus, type ProgramStatus } from "./programStatus.ts";

/** The hook and the terminal are two channels; within this time they tell of the same dialog. */
const SAME_DIALOG_MS = 500;
/** The screen of an adopted session is redrawn from its log. */
const REDRAWN_MS = 2_000;
/** At its prompt's foot as long as a turn lasts. */
const WORKS = /\besc to interrupt\b/;
/** Claude waits out a limit by itself and calls that working; its screen is looked at this often while it draws. */
const RETRY_LOOK_MS = 3_000;

export class ClaudeObserver implements AgentObserver {
  readonly #context: ObserverContext;
  readonly #activity: ActivityReporter;
  readonly #desk: AskDesk;
  /** Open held requests by what they want, to find the one a finished tool belonged to. */
  readonly #held = new Map<string, string>();
  #sawBlocked: boolean;
  #speaks = false;
  #cancelDialogCheck: () => void = () => undefined;
  #cancelWithdrawal: () => void = () => undefined;
  #cancelRetryLook: (() => void) | undefined;
  #isRetrying = false;
  #isDisposed = false;
  #cliSessionId: string | undefined;

  constructor(context: ObserverContext) {
    this.#context = context;
    this.#activity = new ActivityReporter((fact) => context.emit(fact), context.adopted?.activity);
    this.#desk = new AskDesk((fact) => context.emit(fact), `claude-${context.clock.wallNow()}`);
    this.#cliSessionId = context.cliSessionId;
    const adopted = context.adopted?.activity;
    this.#sawBlocked = adopted === "waiting_permission" || adopted === "waiting_answer";
    // The hook of a dialog that was open when the app went away has ended; its keys still work.
    if (this.#sawBlocked)
      this.#expectDialog({ kind: adopted === "waiting_answer" ? "question" : "permission", message: "" }, REDRAWN_MS);
    if (adopted === "busy") context.clock.after(REDRAWN_MS, () => void this.#lookAtAdopted());
  }

  /** What it said while no app was there reached nobody: its turn may have ended, or a dialog of its own have opened. */
  async #lookAtAdopted(): Promise<void> {
    const screen = await this.#context.screenText();
    if (this.#isDisposed || this.#speaks || this.#activity.current !== "busy" || WORKS.test(screen)) return;
    const asked = /❯\s*1\.\s+(Yes)?/.exec(screen);
    if (asked === null) return this.#activity.report("idle", "Waits for a prompt");
    this.#blocked({ state: "blocked", kind: asked[1] === undefined ? "question" : "permission", message: "" });
  }

  hint(hint: ScreenHint): void {
    if (hint.type === "title" && !this.#speaks) this.#title(hint.title);
    if (hint.type !== "status") return;
    const status = parseProgramStatus(hint.params);
    if (status === undefined) return;
    this.#speaks = true;
    this.#isRetrying = false;
    if (status.state === "blocked" && status.kind !== "auth") this.#blocked(status);
    else this.#unblocked(status);
  }

  output(): void {
    // Claude redraws while it is idle; its own words are better than counting bytes.
    if (this.#cancelRetryLook !== undefined || !(this.#isRetrying || this.#activity.current === "busy")) return;
    this.#cancelRetryLook = this.#context.clock.after(RETRY_LOOK_MS, () => {
      this.#cancelRetryLook = undefined;
      void this.#context.screenText().then((screen) => this.#lookForRetry(screen));
    });
  }

  #lookForRetry(screen: string): void {
    if (this.#isDisposed || !(this.#isRetrying || this.#activity.current === "busy")) return;
    const retry = claudeRetry(screen);
    if (retry === undefined) {
      if (this.#isRetrying) this.#activity.report("busy", "Working");
      this.#isRetrying = false;
      return;
    }
    this.#isRetrying = true;
    const now = this.#context.clock.wallNow();
    if (findLimit(retry.words, now) === undefined)
      return this.#activity.report("busy", `Tries again by itself: ${retry.words}`);
    this.#activity.report("rate_limited", retry.words);
    this.#context.emit({ type: "rate_limited", detail: retry.words, until: now + retry.inS * 1000 });
  }

  typed(): void {
    // A key in the terminal shows as a change of state.
  }

  async hook(payload: HookPayload, signal: AbortSignal): Promise<HookPayload> {
    const parsed = hookEventSchema.safeParse(payload);
    if (!parsed.success) return {};
    const event = parsed.data;
    this.#noteSession(event.session_id);
    if (event.hook_event_name === "PermissionRequest") return this.#permissionRequest(event, signal);
    this.#plainEvent(event);
    const braked = this.#context.brake?.();
    return (braked === undefined ? undefined : brakeDecision(event, braked)) ?? {};
  }

  answer(askId: string, choice: Choice): Promise<Result<void>> {
    return Promise.resolve(this.#desk.answer(askId, choice));
  }

  dispose(): void {
    this.#isDisposed = true;
    this.#cancelRetryLook?.();
    this.#cancelDialogCheck();
    this.#cancelWithdrawal();
    this.#desk.withdrawAll();
  }

  #blocked(status: ProgramStatus): void {
    this.#sawBlocked = true;
    this.#cancelWithdrawal();
    const kind = status.kind === "question" ? "question" : "permission";
    this.#activity.report(kind === "question" ? "waiting_answer" : "waiting_permission", status.message);
    this.#expectDialog({ kind, message: status.message }, SAME_DIALOG_MS);
  }

  /** If no hook tells of the dialog on the screen, it is answered by keys. */
  #expectDialog(seen: { kind: "permission" | "question"; message: string }, withinMs: number): void {
    this.#cancelDialogCheck();
    this.#cancelDialogCheck = this.#context.clock.after(withinMs, () => {
      if (!this.#desk.isEmpty) return;
      void this.#context.screenText().then((screen) => {
        const dialog = claudeDialog({ ...seen, screen });
        if (!this.#desk.isEmpty || !this.#sawBlocked || dialog === undefined) return;
        this.#desk.open(dialog.ask, { onAnswer: (choice) => this.#typeAnswer(dialog.keys(choice)) });
      });
    });
  }

  #typeAnswer(keys: readonly Uint8Array[]): void {
    // Claude reads an arrow key and Enter that arrive together as one paste.
    keys.forEach((bytes, index) => {
      this.#context.clock.after(index * 120, () => this.#context.type(bytes));
    });
  }

  #unblocked(status: ProgramStatus): void {
    // The word "working" printed before the dialog may arrive after the hook that announced it.
    const isStale = status.state === "working" && !this.#desk.isEmpty && !this.#sawBlocked;
    if (isStale) return;
    this.#sawBlocked = false;
    this.#cancelDialogCheck();
    // Two tools may ask at once: Claude goes back to work between their dialogs for a moment.
    this.#cancelWithdrawal();
    this.#cancelWithdrawal = this.#context.clock.after(SAME_DIALOG_MS, () => this.#desk.withdrawAll());
    if (status.state === "error" || status.kind === "auth") this.#trouble(status.message);
    else this.#settle(status);
  }

  #settle(status: ProgramStatus): void {
    const activity = activityOf(status);
    if (activity === undefined) return;
    const words =
      activity === "busy" ? "Working" : status.state === "done" ? "Finished its turn" : "Waits for a prompt";
    this.#activity.report(activity, status.message === "" ? words : status.message);
  }

  /** A turn that ended in an error: a limit and a missing sign-in have a state of their own. */
  #trouble(message: string): void {
    const login = findLogin(message);
    if (login !== undefined) {
      this.#activity.report("needs_login", login);
      this.#context.emit({ type: "needs_login", detail: login });
      return;
    }
    const limit = findLimit(message, this.#context.clock.wallNow());
    if (limit === undefined) return this.#activity.report("idle", message);
    this.#activity.report("rate_limited", limit.detail);
    this.#context.emit({ type: "rate_limited", ...limit });
  }

  /** Versions before OSC 7501 only have the title: `✳` idle, `◐` or braille at work. */
  #title(title: string): void {
    const isBeginning = this.#context.hasPrompt && this.#activity.current === "starting";
    if (title.startsWith("✳") && !isBeginning) this.#activity.report("idle", "Waits for a prompt");
    if (/^[◐◓◑◒\u2800-\u28ff]/u.test(title)) this.#activity.report("busy", "Working");
  }

  #plainEvent(event: HookEvent): void {
    if (event.hook_event_name === "PostToolUse") {
      const askId = this.#held.get(requestKey(event));
      if (askId !== undefined) this.#desk.withdraw(askId);
    }
    if (event.hook_event_name === "Stop" || event.hook_event_name === "UserPromptSubmit") this.#desk.withdrawAll();
    if (this.#speaks) return;
    if (event.hook_event_name === "Stop") this.#activity.report("idle", "Finished its turn");
    if (event.hook_event_name === "UserPromptSubmit" || event.hook_event_name === "PostToolUse")
      this.#activity.report("busy", "Working");
    if (event.hook_event_name === "Notification" && event.notification_type === "permission_prompt") {
      this.#activity.report("waiting_permission", event.message ?? "Waits for a permission");
    }
  }

  async #permissionRequest(event: HookEvent, signal: AbortSignal): Promise<HookPayload> {
    const questions = questionsOf(event);
    this.#cancelWithdrawal();
    if (questions.length === 0) {
      const ask = permissionAsk(event);
      this.#activity.report("waiting_permission", `${ask.title}: ${ask.body.split("\n")[0] ?? ""}`);
      const choice = await this.#ask(ask, { event, signal });
      return choice === undefined ? {} : permissionDecision(event, choice);
    }
    const answers: Record<string, string> = {};
    for (const question of questions) {
      const ask = questionAsk(question);
      this.#activity.report("waiting_answer", question.question);
      const choice = await this.#ask(ask, { event, signal });
      if (choice === undefined) return {};
      answers[question.question] =
        choice.text ?? ask.options.find((option) => option.id === choice.option)?.label ?? "";
    }
    return answersDecision(event, answers);
  }

  /** Undefined when the ask was withdrawn: Claude's own dialog has decided or decides. */
  #ask(ask: Omit<AgentAsk, "id">, request: { event: HookEvent; signal: AbortSignal }): Promise<Choice | undefined> {
    return new Promise((resolve) => {
      if (request.signal.aborted) return resolve(undefined);
      const key = requestKey(request.event);
      const settle = (choice: Choice | undefined): void => {
        this.#held.delete(key);
        if (choice !== undefined) this.#activity.report("busy", "Working");
        resolve(choice);
      };
      const askId = this.#desk.open(ask, {
        onAnswer: (choice) => settle(choice),
        onWithdrawn: () => settle(undefined),
      });
      this.#held.set(key, askId);
      request.signal.addEventListener("abort", () => this.#desk.withdraw(askId), { once: true });
    });
  }

  #noteSession(cliSessionId: string | undefined): void {
    if (cliSessionId === undefined || cliSessionId === this.#cliSessionId) return;
    this.#cliSessionId = cliSessionId;
    this.#context.emit({ type: "cli_session", cliSessionId });
  }
}

function requestKey(event: HookEvent): string {
  return `${event.tool_name ?? ""} ${JSON.stringify(event.tool_input ?? {})}`;
}
