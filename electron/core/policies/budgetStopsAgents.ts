/**
 * Joins budgets, sessions, fleets and the inbox: a budget used up with a hard stop ends every agent it binds, tells the
 * person, and lets them go on when a person raised it, or when its period is over and somebody had said that they may.
 */
import { STOPPING_LEVELS } from "#shared/model/budget.ts";
import { fail, ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import { grantBudget } from "#core/budgets/index.ts";
import type { Bus } from "#core/bus/index.ts";
import type { Budgets, LevelChange } from "#core/budgets/index.ts";
import { startNode } from "#core/fleets/index.ts";
import type { Fleets } from "#core/fleets/index.ts";
import type { Inbox, NewItem } from "#core/inbox/index.ts";
import type { Clock } from "#core/ports/clock.ts";
import type { Logger } from "#core/ports/logger.ts";
import type { Sessions } from "#core/sessions/index.ts";
import { parseTokens, parseUsd } from "#shared/lib/amountWords.ts";
import { braked } from "./budgetBrakes.ts";
import { runBegins } from "./fleetBudgets.ts";
import { awaitReset, limitResumes } from "./limitResumes.ts";

export interface StopDeps {
  readonly budgets: Budgets;
  readonly fleets: Fleets;
  readonly sessions: Sessions;
  readonly inbox: Inbox;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly logger: Logger;
}

const OPTIONS: NewItem["options"] = [
  {
    id: "grant",
    label: "Grant more",
    hint: "An amount such as 5 or 250k; what it stopped goes on",
    key: "G",
    takesText: true,
  },
  {
    id: "wait",
    label: "Let it continue then",
    hint: "Once, when this period is over; the next time you are asked again",
    key: "W",
    takesText: false,
  },
  { id: "stop", label: "Leave it stopped", key: "D", takesText: false },
];
const ITEM = "budget:";

/** Hears of every level; `bootDone` carries out what a core that died in the middle had begun. */
export function budgetStopsAgents(deps: StopDeps): { readonly bootDone: (mayStart: boolean) => void } {
  const { budgets } = deps;
  deps.bus.subscribe({ label: "budgets per run", pattern: "ws.*.agent.*.started", onEvents: runBegins(budgets) });
  for (const verb of ["exited", "state_changed"])
    deps.bus.subscribe({ label: "plan limits", pattern: `ws.*.agent.*.${verb}`, onEvents: limitResumes(deps) });
  budgets.onLevel((change) => onLevel(deps, change));
  return {
    bootDone: (mayStart) => {
      for (const counter of budgets.table.all()) if (counter.state.level === "hard") stopBound(deps, counter.scope);
      if (!mayStart) return;
      for (const path of budgets.deps.tree.agentsBelow("*")) {
        resumeIfAllowed(deps, path, "reset");
        awaitReset(deps, path);
      }
    },
  };
}

function onLevel(deps: StopDeps, { budget, after, cause }: LevelChange): void {
  if (after === "hard") stopBound(deps, budget.scope);
  if (STOPPING_LEVELS.has(after)) {
    if (after !== "frozen") deps.inbox.open(itemOf(deps.budgets, budget));
    return;
  }
  deps.inbox.withdraw(`${ITEM}${budget.id}`, "It may spend again");
  if (cause === "spend") return;
  for (const path of deps.budgets.deps.tree.agentsBelow(budget.scope)) resumeIfAllowed(deps, path, cause);
}

function itemOf(budgets: Budgets, { id, scope, rules }: LevelChange["budget"]): NewItem {
  const sentence = budgets.brake(scope)?.sentence ?? "A budget is used up.";
  const resets = rules.period === "day" || rules.period === "week" || rules.period === "month";
  return {
    id: `${ITEM}${id}`,
    kind: "budget",
    path: scope === "*" ? "everything" : scope,
    title: `${scope === "*" ? "Everything" : scope} is at its budget`,
    body: sentence,
    irreversible: false,
    options: OPTIONS.filter((option) => resets || option.id !== "wait"),
    via: "action",
  };
}

function stopBound({ budgets, sessions, logger }: StopDeps, scope: string): void {
  for (const path of budgets.deps.tree.agentsBelow(scope)) {
    const brake = budgets.brake(path);
    const word = brake?.level === "hard" ? braked(budgets, path, brake) : undefined;
    if (word === undefined) continue;
    sessions.exhaust(path, word).catch((error: unknown) => {
      logger.error("An agent at its budget could not be stopped.", { path, error: String(error) });
    });
  }
}

/** A person's grant is the consent for what the budget had stopped; a reset needs one given before. */
function resumeIfAllowed({ budgets, fleets, logger }: StopDeps, path: string, cause: "person" | "reset"): void {
  const node = fleets.resolve(path);
  if (!node.ok || !fleets.isUp(node.value.known.row.name)) return;
  if (budgets.brake(path, "new_life") !== undefined) return;
  const isAgreed = budgets.binding(path).some(({ rules }) => rules.resumeAtReset) || budgets.consent.of(path) === true;
  budgets.consent.used(path);
  const patch = node.value.known.runtime.tree.patch(node.value.id);
  const isWaiting = patch.state === "paused" && patch.pid === undefined && patch.pauseKind === undefined;
  if (!isWaiting) return;
  if (cause === "reset" && !isAgreed) return;
  startNode(fleets, { ref: path, actor: "system" }).then(
    (started) => {
      if (!started.ok)
        logger.warn("An agent could not go on after its budget.", { path, error: started.error.message });
    },
    (error: unknown) => logger.error("An agent could not go on after its budget.", { path, error: String(error) }),
  );
}

/** Why a person's start is refused; a new life of its own begins a budget per run anew. */
export function startAllowed(budgets: Budgets, fleets: Fleets, ref: string): Result<void> {
  const node = fleets.resolve(ref);
  if (!node.ok || node.value.isFleet || node.value.known.runtime.tree.require(node.value.id).spec.kind !== "agent")
    return ok(undefined);
  const brake = budgets.brake(node.value.path, "new_life");
  return brake === undefined ? ok(undefined) : fail("budget_exhausted", brake.sentence);
}

/** A person's answer to the inbox item of a budget; undefined when the item is none. */
export function answerBudgetItem(
  budgets: Budgets,
  itemId: string,
  choice: { readonly option: string; readonly text?: string | undefined; readonly actor: string },
): Result<unknown> | undefined {
  if (!itemId.startsWith(ITEM)) return undefined;
  const counter = budgets.table.get(itemId.slice(ITEM.length));
  if (counter === undefined) return ok(undefined);
  if (choice.option === "wait")
    return budgets.consent.allowOnce(budgets.deps.tree.agentsBelow(counter.scope), choice.actor);
  if (choice.option !== "grant") return ok(undefined);
  const read = counter.rules.unit === "usd" ? parseUsd : parseTokens;
  const amount = read(choice.text ?? "");
  if (amount === undefined || amount <= 0)
    return fail(
      "bad_request",
      counter.rules.unit === "usd" ? "Write dollars, such as 5 or 2.50." : "Write tokens, such as 250000 or 250k.",
    );
  return grantBudget(budgets, counter.id, { amount, actor: choice.actor, reason: "Granted from the inbox" });
}
