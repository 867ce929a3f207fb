/**
 * What a move of one step starts elsewhere. A durable consumer of the bus hears every move; nothing here remembers
 * anything, so a message heard twice does once what it says.
 */
import type { Delivery } from "#core/ports/messageBus.ts";
import type { ConsumerConfig } from "#shared/model/bus.ts";
import type { Entry, Run } from "#shared/model/workflow.ts";
import type { Hands } from "./hands.ts";
import { readySteps } from "./runMachine.ts";
import type { RunBook } from "./runBook.ts";
import type { Runner } from "./runner.ts";
import { nextUndo } from "./undoing.ts";
import { stepOf, targetOf, undoOf, wayOf } from "./ways.ts";

export const WORKFLOW_STREAM = "WORKFLOWS";
export const WORKFLOW_CONSUMER: ConsumerConfig = {
  name: "workflow-planner",
  about: "Starts the steps that a completed one leads to, plan B of a failed one, and one undo after the other.",
  filters: ["workflow.>"],
  /** A reaction is a few rows; what takes longer hangs and is tried again. */
  ackWaitMs: 30_000,
  maxAckPending: 256,
};

export interface ReactionDeps {
  readonly book: RunBook;
  readonly runner: Runner;
  readonly hands: Pick<Hands, "bury">;
}

/** `workflow.<run>.<step>.<state>`; throwing delivers it again. */
export async function react(deps: ReactionDeps, delivery: Delivery): Promise<void> {
  const [, id = "", stepId = "", state = ""] = delivery.message.subject.split(".");
  const run = deps.book.read(id);
  if (run === undefined) return;
  const entry = run.entries.find(({ step }) => step === stepId);
  if (run.head.undo !== undefined) queueUndo(deps, run);
  else if (state === "started" || state === "completed") queueReady(deps, run);
  if (state === "failed" && entry?.state === "failed" && entry.waitsFor === "healer") await heal(deps, run, entry);
  deps.runner.pump();
}

function queueReady({ book }: ReactionDeps, run: Run): void {
  for (const step of readySteps(run)) book.move({ run: run.head.id, step }, { type: "queue" }, { actor: "system" });
}

function queueUndo({ book }: ReactionDeps, run: Run): void {
  const entry = run.head.state === "compensating" ? nextUndo(run) : undefined;
  const way = entry === undefined ? undefined : undoOf(stepOf(run.spec, entry.step), entry);
  if (entry === undefined || way === undefined) return;
  const target = targetOf(way.call, run.head.fleet);
  const move = { type: "undo", round: run.head.undo?.round ?? 1, target } as const;
  book.move(entry, move, { actor: "system", expectRevision: entry.revision });
}

/** To the dead letters and whoever heals them; where nobody does, the file's plan B, else the run has failed, or the undo. */
async function heal({ book, hands }: ReactionDeps, run: Run, entry: Entry): Promise<void> {
  const step = stepOf(run.spec, entry.step);
  const { call } = wayOf(step, entry);
  if (await hands.bury({ entry, fleet: run.head.fleet, step, call })) return;
  const other = entry.plan === "a" && entry.undo === undefined ? step.planB?.call : undefined;
  const move =
    other === undefined
      ? ({ type: "leave", to: "nobody" } as const)
      : ({ type: "plan_b", call: other, target: targetOf(other, run.head.fleet) } as const);
  book.move(entry, move, { actor: "system", expectRevision: entry.revision });
}
