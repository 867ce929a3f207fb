/**
 * Joins workflows and agents: a step is work in its agent's mailbox, with its memory and its tokens; what the agent tells by
 * `report_progress` while it holds the step's lock moves the step, and so does its end: nobody waits for one that is gone. A
 * durable consumer hears it: no word is lost.
 */
import { handBack, handedLeft, handOver } from "#core/budgets/index.ts";
import type { Budgets } from "#core/budgets/index.ts";
import type { Mailboxes } from "#core/mailboxes/index.ts";
import type { MessageBus } from "#core/ports/messageBus.ts";
import type { AgentWork, Hands, Workflows } from "#core/workflows/index.ts";
import type { ConsumerConfig } from "#shared/model/bus.ts";
import { parseTime } from "#shared/lib/isoTime.ts";
import { hearAs } from "#shared/model/catalogue/message.ts";
import { fail, ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";

const STREAM = "EVENTS";
const CONSUMER: ConsumerConfig = {
  name: "workflow-agents",
  about: "What agents report of the steps they work on, and their ends.",
  filters: ["ws.*.agent.*.progress_reported", "ws.*.agent.*.exited"],
  deliver: "new",
};

export interface AgentHandParts {
  readonly mailboxes: () => Mailboxes;
  readonly budgets: Budgets;
}

export function agentHands({ mailboxes, budgets }: AgentHandParts): Pick<Hands, "askAgent" | "released" | "used"> {
  return {
    askAgent: async (work) => {
      const { fleet, agent, run, step, contextId, key, tokens } = work;
      const to = `${fleet}/${agent}`;
      const given = tokens === undefined ? ok(undefined) : handOver(budgets, { to, tokens, actor: "system" });
      if (!given.ok) return given;
      const from = `workflow/${run}`;
      const text = briefing(work);
      const post = { from, fleet, to, text, kind: "work", contextId, correlationId: run, id: `${key}` } as const;
      const posted = await mailboxes().post(tokens === undefined ? post : { ...post, tokens });
      if (posted.ok) return ok(undefined);
      if (tokens !== undefined) handBack(budgets, { to, tokens, actor: "system", reason: `${step.id} was not taken.` });
      return posted;
    },
    released: ({ fleet, agent, step, key }, given) => {
      const to = `${fleet}/${agent}`;
      const left = given === undefined ? undefined : handedLeft(budgets, to);
      // An attempt that is over is not begun any more; its tokens go back with it.
      mailboxes().withdraw(key, to, `${step.id} is over.`);
      if (given === undefined) return 0;
      handBack(budgets, { to, actor: "system", reason: `${step.id} is over.` });
      return left === undefined ? 0 : Math.max(0, given - left);
    },
    used: ({ fleet, agent }, given) => {
      const left = handedLeft(budgets, `${fleet}/${agent}`);
      return left === undefined ? 0 : Math.max(0, given - left);
    },
  };
}

/** What stands in the agent's terminal: the step, what it begins with, and how its result is told. */
function briefing({ run, step, isUndo, ask, memory }: AgentWork): string {
  const name = isUndo ? `Undo of step ${step.id}` : `Step ${step.id}`;
  const keys = isUndo || step.gives.length === 0 ? "" : ` as JSON with ${step.gives.join(", ")}`;
  const known = memory === undefined ? "" : `\n\nWhat is known so far:\n${memory}`;
  return `${name} of ${run}. ${ask}${known}\n\nWhen done call report_progress with status "done" and your result as text${keys}; status "failed" with the reason if you cannot. Tell how far you are with status "working".`;
}

/** The returned function ends it. */
export async function workflowAgents(workflows: Workflows, bus: MessageBus): Promise<Result<() => void>> {
  const made = await bus.ensureConsumer(STREAM, CONSUMER);
  if (!made.ok) return made;
  const subscription = bus.consume(STREAM, CONSUMER.name, async (delivery) => {
    const { subject, data } = delivery.message;
    if (subject.endsWith(".exited")) await ended(workflows, data);
    else {
      const heard = hearAs("agent.progress_reported", data);
      if (heard.ok) await take(workflows, heard.value.data);
    }
    await delivery.ack();
  });
  return ok(() => subscription.close());
}

interface Reported {
  readonly path: string;
  readonly status: "working" | "done" | "failed" | "blocked";
  readonly text: string;
}

async function take(workflows: Workflows, { path, status, text }: Reported): Promise<void> {
  const entry = workflows.heldBy(path);
  if (entry === undefined) return;
  if (status === "working") workflows.report(entry, path, text);
  else if (status === "done") await workflows.finish(entry, path, ok(resultOf(text)));
  else await workflows.finish(entry, path, fail("tool_failed", text));
}

/** A life ended while its agent held a step's lock: at its budget the step has failed, else it is begun anew. */
async function ended(workflows: Workflows, text: string): Promise<void> {
  const heard = hearAs("agent.exited", text);
  if (!heard.ok) return;
  const { path, cause, detail } = heard.value.data;
  const entry = workflows.heldBy(path);
  // Heard late, it is the end of a life before this attempt.
  if (entry === undefined || parseTime(heard.value.envelope.time) < parseTime(entry.since)) return;
  const words = detail === "" ? "" : `: ${detail}`;
  if (cause === "budget_exhausted")
    await workflows.finish(entry, path, fail("budget_exhausted", `${path} was stopped at its budget${words}`));
  else workflows.gone(entry, `${path} ended while it worked on this${words}`);
}

/** JSON where the agent wrote some, also within words; else its words. */
function resultOf(text: string): unknown {
  const open = text.indexOf("{");
  const close = text.lastIndexOf("}");
  if (open >= 0 && close > open)
    try {
      return JSON.parse(text.slice(open, close + 1));
    } catch {
      return { text };
    }
  return { text };
}
