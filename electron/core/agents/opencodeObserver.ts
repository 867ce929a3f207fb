/** What a running opencode does, from its server's event stream; permissions and questions are answered over HTTP. */
import { z } from "zod";

import type { AgentAsk, AgentObserver, AskOption, ObserverContext } from "#core/ports/agentAdapter.ts";
import type { HookPayload } from "#core/ports/hookIngest.ts";
import type { Machine } from "#core/ports/machine.ts";
import type { ScreenHint } from "#core/ports/screens.ts";
import type { Result } from "#shared/model/result.ts";
import { ActivityReporter } from "./activity.ts";
import { AskDesk, type Choice } from "./askDesk.ts";
import { PERMISSION_OPTIONS } from "./claudeHooks.ts";
import { isIrreversible } from "./irreversible.ts";
import { readOpencodeEvent } from "./opencodeUsage.ts";
import { findLimit, findLogin } from "./limits.ts";

const RECONNECT_MS = 500;
/**
 * opencode 1.18.33 hangs for good when its server is asked before its screen stands (seen in every run that connected at
 * once, and on a busy machine after 15 s too), so the first title is waited for, however long; for a version without
 * titles its screen is looked at, and two looks with something on it will do.
 */
const LOOK_EVERY_MS = 2_000;

const propertiesSchema = z.object({
  id: z.string().optional(),
  requestID: z.string().optional(),
  sessionID: z.string().optional(),
  permission: z.string().optional(),
  patterns: z.array(z.string()).optional(),
  metadata: z.record(z.string(), z.unknown()).optional(),
  status: z.object({ type: z.string(), message: z.string().optional() }).optional(),
  error: z
    .object({ name: z.string().optional(), data: z.object({ message: z.string().optional() }).optional() })
    .optional(),
  info: z.object({ id: z.string(), parentID: z.string().optional() }).optional(),
  questions: z
    .array(
      z.object({
        question: z.string(),
        header: z.string().optional(),
        options: z.array(z.object({ label: z.string(), description: z.string().optional() })),
      }),
    )
    .optional(),
});
const eventSchema = z.object({ type: z.string(), properties: propertiesSchema });
type Properties = z.infer<typeof propertiesSchema>;
type Question = NonNullable<Properties["questions"]>[number];

export class OpencodeObserver implements AgentObserver {
  readonly #context: ObserverContext;
  readonly #machine: Machine;
  readonly #activity: ActivityReporter;
  readonly #desk: AskDesk;
  /** opencode's request id to our ask. */
  readonly #asks = new Map<string, string>();
  readonly #handlers: Readonly<Record<string, (properties: Properties) => void>> = {
    "server.connected": () => this.#connected(),
    "session.status": (properties) => this.#status(properties),
    "session.idle": () => this.#idle("Finished its turn"),
    "session.error": ({ error }) => this.#trouble(error?.data?.message ?? error?.name ?? "The turn failed"),
    "permission.asked": (properties) => this.#permission(properties),
    "permission.replied": (properties) => this.#replied(properties),
    "question.asked": (properties) => this.#questions(properties),
    "question.replied": (properties) => this.#replied(properties),
    "question.rejected": (properties) => this.#replied(properties),
  };
  #endStream: () => void = () => undefined;
  #cancelReconnect: () => void = () => undefined;
  #isDisposed = false;
  #isConnecting = false;
  #sessionId: string | undefined;

  constructor(context: ObserverContext, machine: Machine) {
    this.#context = context;
    this.#machine = machine;
    this.#activity = new ActivityReporter((fact) => context.emit(fact), context.adopted?.activity);
    this.#desk = new AskDesk((fact) => context.emit(fact), `opencode-${context.clock.wallNow()}`);
    this.#sessionId = context.cliSessionId;
    if (context.memo["url"] === undefined) return;
    if (context.adopted !== undefined) this.#connect();
    else this.#lookSoon(false);
  }

  hint(hint: ScreenHint): void {
    if (hint.type !== "title" || this.#isConnecting || this.#context.memo["url"] === undefined) return;
    this.#cancelReconnect();
    this.#connect();
  }

  output(): void {
    // Without a server (`opencode run`) printing is all there is.
    if (this.#context.memo["url"] === undefined) this.#activity.report("busy", "Working");
  }

  typed(): void {
    // The event stream tells what a key did.
  }

  hook(_payload: HookPayload): Promise<HookPayload> {
    return Promise.resolve({});
  }

  answer(askId: string, choice: Choice): Promise<Result<void>> {
    return Promise.resolve(this.#desk.answer(askId, choice));
  }

  dispose(): void {
    this.#isDisposed = true;
    this.#cancelReconnect();
    this.#endStream();
    this.#desk.withdrawAll();
  }

  #lookSoon(wasDrawn: boolean): void {
    this.#cancelReconnect = this.#context.clock.after(LOOK_EVERY_MS, () => {
      void this.#context.screenText().then((screen) => {
        if (this.#isDisposed || this.#isConnecting) return;
        const isDrawn = screen.trim() !== "";
        if (wasDrawn && isDrawn) this.#connect();
        else this.#lookSoon(isDrawn);
      });
    });
  }

  #connect(): void {
    if (this.#isDisposed) return;
    this.#isConnecting = true;
    this.#endStream = this.#machine.serverEvents({
      url: `${this.#context.memo["url"] ?? ""}/event`,
      headers: this.#headers(),
      onData: (data) => this.#data(data),
      onEnd: () => {
        if (!this.#isDisposed) this.#cancelReconnect = this.#context.clock.after(RECONNECT_MS, () => this.#connect());
      },
    });
  }

  #headers(): Record<string, string> {
    return { authorization: this.#context.memo["authorization"] ?? "", "content-type": "application/json" };
  }

  #data(data: string): void {
    const report = readOpencodeEvent(data, this.#sessionId);
    if (report !== undefined) this.#context.emit({ type: "usage", report });
    const event = parseEvent(data);
    if (event === undefined) return;
    this.#noteSession(event);
    this.#handlers[event.type]?.(event.properties);
  }

  #connected(): void {
    const isTyped = this.#context.memo["prompt"] === "typed";
    if (this.#activity.current === "starting" && (isTyped || !this.#context.hasPrompt)) {
      this.#activity.report("idle", "Waits for a prompt");
      if (isTyped) this.#context.emit({ type: "ready" });
    }
    // What was asked before we listened is still open on the server.
    void this.#readOpenRequests();
  }

  async #readOpenRequests(): Promise<void> {
    for (const [path, take] of [
      ["permission", this.#permission.bind(this)],
      ["question", this.#questions.bind(this)],
    ] as const) {
      const answer = await this.#machine.http({
        method: "GET",
        url: `${this.#context.memo["url"] ?? ""}/${path}`,
        headers: this.#headers(),
      });
      if (!answer.ok || answer.value.status !== 200 || this.#isDisposed) continue;
      for (const request of parseRequests(answer.value.body)) take(request);
    }
  }

  #status(properties: Properties): void {
    const status = properties.status;
    if (status?.type === "busy" && this.#desk.isEmpty) this.#activity.report("busy", "Working");
    if (status?.type === "retry") this.#retry(status.message ?? "");
  }

  /** It waits and tries again by itself; a limit is shown as such until it works on. */
  #retry(message: string): void {
    const limit = findLimit(message, this.#context.clock.wallNow());
    if (limit === undefined) return this.#activity.report("busy", message === "" ? "Trying again" : message);
    this.#activity.report("rate_limited", limit.detail);
    this.#context.emit({ type: "rate_limited", ...limit });
  }

  #idle(detail: string): void {
    this.#desk.withdrawAll();
    this.#asks.clear();
    const current = this.#activity.current;
    if (current !== "needs_login" && current !== "rate_limited") this.#activity.report("idle", detail);
  }

  #trouble(message: string): void {
    const login = findLogin(message);
    const limit = login === undefined ? findLimit(message, this.#context.clock.wallNow()) : undefined;
    if (login !== undefined) {
      this.#activity.report("needs_login", login);
      this.#context.emit({ type: "needs_login", detail: login });
    } else if (limit !== undefined) {
      this.#activity.report("rate_limited", limit.detail);
      this.#context.emit({ type: "rate_limited", ...limit });
    } else this.#activity.report("idle", message);
  }

  #permission(request: Properties): void {
    const { id } = request;
    if (id === undefined || this.#asks.has(id)) return;
    const command = typeof request.metadata?.["command"] === "string" ? request.metadata["command"] : undefined;
    const body = command ?? (request.patterns ?? []).join("\n");
    const title = request.permission === "bash" ? "Run a command" : `Use ${request.permission ?? "a tool"}`;
    this.#activity.report("waiting_permission", `${title}: ${body}`);
    const ask: Omit<AgentAsk, "id"> = {
      kind: "permission",
      title,
      body,
      irreversible: isIrreversible(command ?? ""),
      options: PERMISSION_OPTIONS,
      via: "hook",
    };
    this.#open(id, ask, (choice) => this.#post(`permission/${id}/reply`, permissionReply(choice)));
  }

  #questions(request: Properties): void {
    const { id, questions } = request;
    if (id === undefined || questions === undefined || this.#asks.has(id)) return;
    this.#askNext({ id, questions, answers: [] });
  }

  /** One question after the other; the server takes all answers at once. */
  #askNext(progress: { id: string; questions: readonly Question[]; answers: readonly string[] }): void {
    const question = progress.questions[progress.answers.length];
    if (question === undefined)
      return this.#post(`question/${progress.id}/reply`, { answers: progress.answers.map((answer) => [answer]) });
    this.#activity.report("waiting_answer", question.question);
    const ask = questionAsk(question);
    this.#open(progress.id, ask, (choice, option) =>
      this.#askNext({ ...progress, answers: [...progress.answers, choice.text ?? option.label] }),
    );
  }

  #open(requestId: string, ask: Omit<AgentAsk, "id">, onAnswer: (choice: Choice, option: AskOption) => void): void {
    const askId = this.#desk.open(ask, { onAnswer });
    this.#asks.set(requestId, askId);
  }

  #replied({ requestID = "" }: Properties): void {
    const askId = this.#asks.get(requestID);
    if (askId !== undefined) this.#desk.withdraw(askId);
    this.#asks.delete(requestID);
    if (this.#desk.isEmpty) this.#activity.report("busy", "Working");
  }

  #post(path: string, body: object): void {
    void this.#machine.http({
      method: "POST",
      url: `${this.#context.memo["url"] ?? ""}/${path}`,
      headers: this.#headers(),
      body: JSON.stringify(body),
    });
  }

  #noteSession(event: z.infer<typeof eventSchema>): void {
    if (!/^session\.(created|updated)$/.test(event.type) || event.properties.info === undefined) return;
    const { id, parentID } = event.properties.info;
    // Subagents run in sessions of their own, below ours.
    if (parentID !== undefined || id === this.#sessionId) return;
    this.#sessionId = id;
    this.#context.emit({ type: "cli_session", cliSessionId: id });
  }
}

function permissionReply(choice: Choice): object {
  if (choice.option === "allow") return { reply: "once" };
  if (choice.option === "allow_session") return { reply: "always" };
  return choice.text === undefined ? { reply: "reject" } : { reply: "reject", message: choice.text };
}

function questionAsk(question: Question): Omit<AgentAsk, "id"> {
  const options = question.options.map((option, index): AskOption => {
    const known = { id: String(index + 1), label: option.label, key: String(index + 1), takesText: false };
    return option.description === undefined ? known : { ...known, hint: option.description };
  });
  const free = { id: "text", label: "Something else", key: String(options.length + 1), takesText: true };
  return {
    kind: "question",
    title: question.header ?? "Question",
    body: question.question,
    irreversible: false,
    options: [...options, free],
    via: "hook",
  };
}

function parseEvent(data: string): z.infer<typeof eventSchema> | undefined {
  try {
    return eventSchema.safeParse(JSON.parse(data)).data;
  } catch {
    return undefined;
  }
}

function parseRequests(body: string): readonly Properties[] {
  try {
    return z.array(propertiesSchema).safeParse(JSON.parse(body)).data ?? [];
  } catch {
    return [];
  }
}
