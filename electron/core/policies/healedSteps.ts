/**
 * Joins workflows and dead letters: a step that is out of attempts is a dead letter, the healer tries it again, lets
 * another tool do it or takes the file's plan B, and what cannot be healed suspends the run until a person decides. So is
 * an undo, of which the healer knows one way only: another tool would undo something else.
 */
import { z } from "zod";
import type { Letter, AttemptOrder, AttemptOutcome, DeadLetterDesk } from "#core/deadLetters/index.ts";
import { discardLetter, letterErrorOf } from "#core/deadLetters/index.ts";
import type { MessageBus } from "#core/ports/messageBus.ts";
import type { Clock } from "#core/ports/clock.ts";
import type { Logger } from "#core/ports/logger.ts";
import type { FailedStep, Workflows } from "#core/workflows/index.ts";
import type { DeadLetterState, ToolRef } from "#shared/model/deadLetter.ts";
import { fail, ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import { UNDO_LETTER } from "#shared/model/deadLetter.ts";
import type { Entry } from "#shared/model/workflow.ts";
import { callSpecSchema } from "#shared/model/workflowFile.ts";
import type { CallSpec } from "#shared/model/workflowFile.ts";

export interface HealedStepDeps {
  readonly desk: DeadLetterDesk;
  readonly workflows: () => Workflows;
  readonly bus: Pick<MessageBus, "listen">;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface Ref {
  readonly run: string;
  readonly step: string;
}

const STREAM = "WORKFLOWS";
/** The name under which steps take their letters again. */
const CONSUMER = "workflow-steps";
const refSchema = z.object({ data: z.object({ run: z.string(), step: z.string() }) });
/** More open letters of steps than this are looked through page by page by nobody: then a person sees to them. */
const MOST_OPEN = 500;

export class HealedSteps {
  readonly #deps: HealedStepDeps;
  /** Attempts under way, by run and step; ended by what the step does next. */
  readonly #waiting = new Map<string, (outcome: AttemptOutcome) => void>();
  readonly #ends: (() => void)[] = [];

  constructor(deps: HealedStepDeps) {
    this.#deps = deps;
  }

  open(): void {
    const { desk, bus } = this.#deps;
    const taker = {
      isToolCall: true,
      attempt: (order: AttemptOrder) => this.#attempt(order),
      hasPlanB: (letter: Letter) => this.#hasPlanB(letter),
      mayRepeat: (letter: Letter, by?: ToolRef) => by === undefined || letter.type !== UNDO_LETTER,
      check: (data: string, letter: Letter) => this.#check(data, letter),
    };
    this.#ends.push(desk.takers.register(STREAM, CONSUMER, taker));
    this.#ends.push(
      desk.letters.watch({ moved: (letter, before) => this.#moved(letter, before), removed: () => undefined }),
    );
    const heard = bus.listen("workflow.*.*.*", ({ subject }) => this.#heard(subject));
    this.#ends.push(() => heard.close());
  }

  close(): void {
    for (const end of this.#ends.splice(0)) end();
    this.#waiting.clear();
  }

  /** True: it is a dead letter now, or the attempt that was under way has failed. */
  async bury({ entry, fleet, step, call }: FailedStep): Promise<boolean> {
    const { desk, clock } = this.#deps;
    const error = letterErrorOf(entry.error ?? { message: "It failed." }, clock.wallNow());
    const attempt = this.#waiting.get(keyOf(entry));
    if (attempt !== undefined) {
      this.#waiting.delete(keyOf(entry));
      attempt({ ok: false, error });
      return true;
    }
    const atMs = clock.wallNow();
    const type = entry.undo === undefined ? "workflow.step" : UNDO_LETTER;
    const input = (entry.undo ?? entry).input ?? null;
    const data = { run: entry.run, step: entry.step, fleet, plan: entry.plan, call, input };
    const taken = await desk.letters.take({
      stream: STREAM,
      // A step has no number in the stream of its own; its revision says which of its failures it is.
      seq: entry.revision,
      consumer: CONSUMER,
      messageId: `${entry.run}:${entry.step}:${entry.revision}`,
      subject: `workflow.${entry.run}.${step.id}.failed`,
      type,
      source: `/workflows/${fleet}/${entry.run}`,
      error,
      attempts: Math.max(1, entry.attempts),
      firstMs: atMs,
      lastMs: atMs,
      ...(call.kind === "tool" ? { server: call.server, tool: call.tool } : { agent: `${fleet}/${call.agent}` }),
      contextId: entry.contextId,
      correlationId: entry.run,
      headers: {},
      original: JSON.stringify({ type, data }),
    });
    return taken.ok;
  }

  #attempt(order: AttemptOrder): Promise<AttemptOutcome> {
    const ref = refOf(order.data);
    const entry = ref === undefined ? undefined : this.#entry(ref);
    const failed = (message: string, code: string): AttemptOutcome => ({
      ok: false,
      isOurs: true,
      error: letterErrorOf({ message, code }, this.#deps.clock.wallNow()),
    });
    if (ref === undefined || entry === undefined)
      return Promise.resolve(failed("Its run is not known any more.", "not_found"));
    if (entry.state === "completed" || entry.state === "undone") return Promise.resolve({ ok: true });
    if (entry.state === "aborted" || entry.state === "not_undone")
      return Promise.resolve(failed("Its run was ended. Discard this letter.", "conflict"));
    return new Promise((resolve) => {
      this.#waiting.set(keyOf(ref), resolve);
      if (entry.state !== "failed") return;
      const moved = this.#order(ref, entry, order);
      if (moved.ok) return;
      this.#waiting.delete(keyOf(ref));
      resolve(failed(moved.error.message, moved.error.code));
    });
  }

  /** A letter stands for its step: with another name in it a step would be tried again that never failed. */
  #check(data: string, { id }: Letter): Result<void> {
    const was = refOf(this.#deps.desk.letters.content(id)?.original ?? "");
    const is = refOf(data);
    const isSame = was === undefined || (is?.run === was.run && is.step === was.step);
    if (isSame && workOf(data) === undefined)
      return fail("bad_request", `data.call: it must stay a call of a tool, or an ask of an agent.`, { field: "data" });
    if (isSame) return ok(undefined);
    return fail("bad_request", `data: run and step stay ${was.run} and ${was.step}. Change the rest, or discard it.`, {
      field: "data",
    });
  }

  #order(ref: Ref, entry: Entry, { plan, letter, data }: AttemptOrder): Result<unknown> {
    const workflows = this.#deps.workflows();
    const actor = letter.plan?.by ?? "healer";
    const { alternative, sentence: detail } = plan;
    if (plan.strategy === "plan_b") return workflows.planB(ref, { actor, detail });
    const original = this.#deps.desk.letters.content(letter.id)?.original ?? "";
    const call = letter.isEdited ? changedCall(data, original) : undefined;
    if (alternative === undefined) return workflows.retry(ref, { actor, detail, timeoutMs: plan.timeoutMs, call });
    const before = changedCall(data, original);
    const other = { kind: "tool" as const, ...alternative, with: before?.kind === "tool" ? before.with : {} };
    return entry.undo === undefined
      ? workflows.planB(ref, { call: other, actor, detail })
      : workflows.retry(ref, { call: other, actor, detail });
  }

  #hasPlanB(letter: Letter): boolean {
    const ref = refOf(this.#deps.desk.letters.content(letter.id)?.original ?? "");
    const found = ref === undefined ? undefined : this.#deps.workflows().run(ref.run);
    if (ref === undefined || found?.ok !== true) return false;
    const entry = found.value.entries.find(({ step }) => step === ref.step);
    return (
      entry?.plan === "a" &&
      entry.undo === undefined &&
      found.value.spec.steps.some(({ id, planB }) => id === ref.step && planB !== undefined)
    );
  }

  #moved(letter: Letter, before: DeadLetterState | undefined): void {
    const isOurs = letter.stream === STREAM && letter.consumer === CONSUMER && letter.state !== before;
    if (isOurs && letter.state === "needs_human") this.#leave(letter.id, "person");
    if (isOurs && letter.state === "discarded") this.#leave(letter.id, "nobody");
  }

  #leave(id: number, to: "person" | "nobody"): void {
    const ref = refOf(this.#deps.desk.letters.content(id)?.original ?? "");
    if (ref === undefined || this.#entry(ref)?.state !== "failed") return;
    const left = this.#deps.workflows().leave(ref, to, "healer");
    if (!left.ok) this.#deps.logger.warn("A failed step could not be left.", { ...ref, to, error: left.error.message });
  }

  /** `workflow.<run>.<step>.<state>` */
  #heard(subject: string): void {
    const [, run = "", step = "", state = ""] = subject.split(".");
    const isDone = state === "completed" || state === "undone";
    if (!isDone && state !== "aborted" && state !== "not_undone") return;
    const attempt = this.#waiting.get(keyOf({ run, step }));
    this.#waiting.delete(keyOf({ run, step }));
    if (attempt !== undefined && isDone) attempt({ ok: true });
    else if (attempt !== undefined) {
      const error = letterErrorOf({ message: "Its run was ended.", code: "conflict" }, this.#deps.clock.wallNow());
      attempt({ ok: false, error, isOurs: true });
    } else if (isDone) this.#doneMeanwhile({ run, step });
    else this.#overMeanwhile({ run, step });
  }

  /** Its run was ended or undone, or its undo skipped, on the page of the run: there is nothing to decide any more. */
  #overMeanwhile({ run, step }: Ref): void {
    for (const letter of this.#open({ run, step }))
      discardLetter(this.#deps.desk, letter.id, { actor: "person", reason: "Given up on the page of its run." });
  }

  #open({ run, step }: Ref): readonly Letter[] {
    const states: DeadLetterState[] = ["needs_human", "retrying"];
    const open = this.#deps.desk.letters.list({ consumer: CONSUMER, states }, { limit: MOST_OPEN });
    return open.filter(({ messageId }) => messageId.startsWith(`${run}:${step}:`));
  }

  /** A person had the step tried again on the page of the run, and it worked: its letter is settled. */
  #doneMeanwhile({ run, step }: Ref): void {
    for (const letter of this.#open({ run, step }))
      if (letter.state === "needs_human")
        this.#deps.desk.letters.move(letter.id, {
          to: "replayed",
          actor: "person",
          notes: [{ what: "replayed", detail: "The step was completed on the page of its run." }],
        });
  }

  #entry({ run, step }: Ref): Entry | undefined {
    const found = this.#deps.workflows().run(run);
    return found.ok ? found.value.entries.find((entry) => entry.step === step) : undefined;
  }
}

function keyOf({ run, step }: Ref): string {
  return `${run}:${step}`;
}

const workSchema = z.object({ data: z.object({ call: callSpecSchema, input: z.unknown() }) });
const argsSchema = z.record(z.string(), z.unknown());

function workOf(text: string): z.infer<typeof workSchema>["data"] | undefined {
  try {
    return workSchema.safeParse(JSON.parse(text)).data?.data;
  } catch {
    return undefined;
  }
}

/** As a person changed it: the call, with the words of the file, or the input that they had become. */
function changedCall(text: string, original: string): CallSpec | undefined {
  const [is, was] = [workOf(text), workOf(original)];
  if (is === undefined) return undefined;
  const { call, input } = is;
  const isSame = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);
  if (was === undefined || !isSame(call, was.call) || isSame(input, was.input)) return call;
  if (call.kind === "agent") return typeof input === "string" ? { ...call, ask: input } : call;
  const args = argsSchema.safeParse(input);
  return args.success ? { ...call, with: args.data } : call;
}

function refOf(text: string): Ref | undefined {
  try {
    const parsed = refSchema.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data.data : undefined;
  } catch {
    return undefined;
  }
}
