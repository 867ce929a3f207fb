/**
 * Actors: private state, one message at a time, everything else through the mailbox. An actor is a ChildHandle, so a
 * supervisor can own it; a handler that throws ends it with a crash and the supervisor decides what that means.
 */
import type { Result } from "#shared/model/result.ts";
import type { Clock } from "../ports/clock.ts";
import type { Logger } from "../ports/logger.ts";
import { Mailbox } from "./mailbox.ts";
import type { DropReason, MailboxOptions, PostOptions } from "./mailbox.ts";
import type { ChildHandle, ExitReason } from "./types.ts";

export type ActorErrorCode =
  | "MailboxFull"
  | "MessageExpired"
  | "MessageDropped"
  | "ActorStopped"
  | "AskTimeout"
  | "StartupFailed"
  | "MessageHandlingFailed";
export interface ActorError {
  readonly code: ActorErrorCode;
  readonly message: string;
}

/**
 * What a handler wants next. `continue` keeps the state unless a new one is given; `restart` throws the state away and
 * runs preStart again, with the mailbox kept; `reply` answers an ask and is ignored after a tell.
 */
export type HandlerResult<S, R> =
  | { readonly type: "continue"; readonly state?: S; readonly reply?: R }
  | { readonly type: "stop"; readonly reply?: R }
  | { readonly type: "restart"; readonly reply?: R };

export interface ActorContext {
  readonly id: string;
  readonly name: string;
  /** Aborted when the actor is killed: a long handler should give up. */
  readonly signal: AbortSignal;
}

export interface ActorDefinition<S, M, R> {
  readonly name: string;
  /** Makes the private state. Failing here is StartupFailed at spawn, a crash at a restart. */
  readonly preStart: (context: ActorContext) => S | Promise<S>;
  readonly handle: (state: S, message: M, context: ActorContext) => HandlerResult<S, R> | Promise<HandlerResult<S, R>>;
  /** Runs after the last message, whatever the reason, except after a kill. */
  readonly postStop?: (state: S, reason: ExitReason) => void | Promise<void>;
  readonly mailbox?: MailboxOptions;
}

export interface ActorDeps {
  readonly clock: Clock;
  /** A fresh id per spawn, for example a UUID. */
  readonly newId: () => string;
  readonly logger?: Logger;
}

export type TellOptions = Omit<PostOptions, "onDropped">;
export interface AskOptions extends TellOptions {
  /** Default 5000. */
  readonly timeoutMs?: number;
}

export interface ActorRef<M, R> extends ChildHandle {
  readonly id: string;
  readonly name: string;
  /** Messages waiting. */
  readonly mailboxSize: number;
  /** Resolves when the message is in the mailbox (MailboxFull, MessageExpired, ActorStopped otherwise), not when handled. */
  tell(message: M, options?: TellOptions): Promise<Result<void, ActorError>>;
  /** The handler's reply; undefined when it gave none. Also AskTimeout, MessageDropped, MessageHandlingFailed. */
  ask(message: M, options?: AskOptions): Promise<Result<R | undefined, ActorError>>;
}

interface Letter<M, R> {
  readonly message: M;
  readonly answer: ((result: Result<R | undefined, ActorError>) => void) | undefined;
}

const DEFAULT_ASK_TIMEOUT_MS = 5000;

/** Starts an actor; resolves when preStart has made its state. Error: StartupFailed. */
export async function spawnActor<S, M, R>(
  definition: ActorDefinition<S, M, R>,
  deps: ActorDeps,
): Promise<Result<ActorRef<M, R>, ActorError>> {
  const actor = new Actor(definition, deps);
  const failure = await actor.start();
  return failure === undefined ? { ok: true, value: actor } : failed("StartupFailed", failure);
}

class Actor<S, M, R> implements ActorRef<M, R> {
  readonly id: string;
  readonly name: string;
  readonly exited: Promise<ExitReason>;
  readonly #definition: ActorDefinition<S, M, R>;
  readonly #deps: ActorDeps;
  readonly #context: ActorContext;
  readonly #controller = new AbortController();
  readonly #mailbox: Mailbox<Letter<M, R>>;
  readonly #resolveExited: (reason: ExitReason) => void;
  #held: { state: S } | undefined;
  #isBusy = true;
  #verdict: ExitReason | undefined;

  constructor(definition: ActorDefinition<S, M, R>, deps: ActorDeps) {
    this.id = deps.newId();
    this.name = definition.name;
    this.#definition = definition;
    this.#deps = deps;
    this.#context = { id: this.id, name: this.name, signal: this.#controller.signal };
    const onReady = () => {
      if (!this.#isBusy) void this.#pump();
    };
    this.#mailbox = new Mailbox({ clock: deps.clock, onReady }, definition.mailbox);
    const { promise, resolve } = Promise.withResolvers<ExitReason>();
    this.exited = promise;
    this.#resolveExited = resolve;
  }

  get mailboxSize(): number {
    return this.#mailbox.size;
  }

  /** The sentence of what went wrong, undefined when the actor is up. */
  async start(): Promise<string | undefined> {
    try {
      this.#held = { state: await this.#definition.preStart(this.#context) };
    } catch (error) {
      return `actor "${this.name}" could not start: ${describe(error)}`;
    }
    this.#isBusy = false;
    return undefined;
  }

  tell(message: M, options: TellOptions = {}): Promise<Result<void, ActorError>> {
    return this.#mailbox.post({ message, answer: undefined }, options);
  }

  async ask(message: M, options: AskOptions = {}): Promise<Result<R | undefined, ActorError>> {
    const timeoutMs = options.timeoutMs ?? DEFAULT_ASK_TIMEOUT_MS;
    const { promise, resolve } = Promise.withResolvers<Result<R | undefined, ActorError>>();
    const late = () => resolve(failed("AskTimeout", `actor "${this.name}" gave no answer within ${timeoutMs} ms`));
    const cancelTimeout = this.#deps.clock.after(timeoutMs, late);
    const onDropped = (reason: DropReason) => resolve(dropError(reason));
    void this.#mailbox.post({ message, answer: resolve }, { ...options, onDropped }).then((posted) => {
      if (!posted.ok) resolve(posted);
    });
    const answer = await promise;
    cancelTimeout();
    return answer;
  }

  shutdown(): void {
    this.#conclude({ type: "shutdown" });
  }

  kill(): void {
    this.#verdict = { type: "killed" };
    this.#controller.abort();
    this.#mailbox.close();
    this.#resolveExited(this.#verdict);
  }

  #conclude(reason: ExitReason): void {
    if (this.#verdict !== undefined) return;
    this.#verdict = reason;
    this.#mailbox.close();
    if (!this.#isBusy) void this.#pump();
  }

  async #pump(): Promise<void> {
    this.#isBusy = true;
    while (this.#verdict === undefined && this.#held !== undefined) {
      const letter = this.#mailbox.take()?.message;
      if (letter === undefined) break;
      await this.#serve(letter, this.#held);
    }
    this.#isBusy = false;
    if (this.#verdict !== undefined) await this.#finish(this.#verdict);
  }

  async #serve(letter: Letter<M, R>, held: { state: S }): Promise<void> {
    try {
      const result = await this.#definition.handle(held.state, letter.message, this.#context);
      letter.answer?.({ ok: true, value: result.reply });
      if (result.type === "continue" && "state" in result) held.state = result.state;
      if (result.type === "stop") this.#conclude({ type: "normal" });
      if (result.type === "restart") await this.#restart(held);
    } catch (error) {
      letter.answer?.(failed("MessageHandlingFailed", `actor "${this.name}" failed: ${describe(error)}`));
      this.#conclude({ type: "crash", detail: describe(error) });
    }
  }

  async #restart(held: { state: S }): Promise<void> {
    await this.#definition.postStop?.(held.state, { type: "normal" });
    held.state = await this.#definition.preStart(this.#context);
  }

  async #finish(reason: ExitReason): Promise<void> {
    this.#isBusy = true;
    if (reason.type !== "killed" && this.#held !== undefined) await this.#runPostStop(this.#held.state, reason);
    this.#resolveExited(reason);
  }

  async #runPostStop(state: S, reason: ExitReason): Promise<void> {
    try {
      await this.#definition.postStop?.(state, reason);
    } catch (error) {
      this.#deps.logger?.error("An actor's postStop failed.", { actor: this.name, error: String(error) });
    }
  }
}

function dropError(reason: DropReason): { readonly ok: false; readonly error: ActorError } {
  switch (reason) {
    case "closed":
      return failed("ActorStopped", "the actor ended before it read the message");
    case "expired":
      return failed("MessageExpired", "the message expired before it was read");
    case "overflow":
      return failed("MessageDropped", "the message made room for a more important one");
  }
}

function failed(code: ActorErrorCode, message: string): { readonly ok: false; readonly error: ActorError } {
  return { ok: false, error: { code, message } };
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
