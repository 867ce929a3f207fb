/**
 * Joins dead letters and the inbox: what the healer leaves to a person waits there, and leaves when it is settled. A flood
 * does not bury the inbox: past some items one more says how many there are.
 */
import { UNDO_LETTER } from "#shared/model/deadLetter.ts";
import type { DeadLetterState, ErrorClass, LetterHistory } from "#shared/model/deadLetter.ts";
import { FAMILY_RULES, familyOf } from "#shared/model/letterFamily.ts";
import { systemSubject } from "#shared/lib/eventSubjects.ts";
import { fail, ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import { plural } from "#shared/lib/words.ts";
import { alternateLetter, discardLetter, editLetter, retryLetter } from "#core/deadLetters/index.ts";
import type { DeadLetterDesk, Letter } from "#core/deadLetters/index.ts";
import type { Inbox, NewItem } from "#core/inbox/index.ts";
import type { Clock } from "#core/ports/clock.ts";

export interface InboxLetterDeps {
  readonly desk: () => DeadLetterDesk;
  readonly inbox: Inbox;
  readonly clock: Clock;
}

const ITEM = "letter:";
const MORE_ITEM = "letters";
export const HEALER_ITEM = "healer";
/** More than a person answers one by one. */
const MOST_ITEMS = 20;
/** Letters that the healer has in hand at a start; those beyond are alerted of at their next failure. */
const MOST_TAKEN_UP = 1000;
/** Counting again for each letter of a flood would be work for nobody. */
const COUNT_EVERY_MS = 1000;

export class InboxLetters {
  readonly #deps: InboxLetterDeps;
  readonly #alerted = new Set<number>();
  #above: (path: string) => readonly string[] = () => [];
  #cancel: (() => void) | undefined;
  #stopWatching: (() => void) | undefined;

  constructor(deps: InboxLetterDeps) {
    this.#deps = deps;
  }

  open(): void {
    const { desk } = this.#deps;
    this.#takeUpAlerts();
    this.#stopWatching = desk().letters.watch({
      moved: (letter, before) => this.#moved(letter, before),
      removed: (ids) => {
        for (const id of ids) this.#deps.inbox.withdraw(itemId(id), "Removed after its time");
        this.#recount();
      },
    });
    this.#fill();
  }

  /** Who stands above an agent, nearest first after itself. */
  joinTree(above: (path: string) => readonly string[]): void {
    this.#above = above;
  }

  healerGaveUp(reason: string): void {
    this.#deps.inbox.open({
      id: HEALER_ITEM,
      kind: "dead_letter",
      path: "Healer",
      title: "Healer gave up",
      body: `It failed more often than is good for it: ${reason}. Dead letters wait meanwhile; it is started again in five minutes.`,
      irreversible: false,
      options: [
        { id: "restart", label: "Start it now", hint: "With a fresh count", key: "R", takesText: false },
        { id: "dismiss", label: "Leave it down until then", key: "D", takesText: false },
      ],
      via: "action",
    });
  }

  close(): void {
    this.#stopWatching?.();
    this.#cancel?.();
  }

  /** A person's answer to an item of ours; undefined when it is none. */
  async answer(
    itemIdText: string,
    choice: { readonly option: string; readonly text?: string | undefined; readonly actor: string },
  ): Promise<Result<unknown> | undefined> {
    const desk = this.#deps.desk();
    if (itemIdText === MORE_ITEM) return ok(undefined);
    if (itemIdText === HEALER_ITEM) {
      if (choice.option === "restart") await desk.healer.start();
      return ok(undefined);
    }
    if (!itemIdText.startsWith(ITEM)) return undefined;
    const id = Number(itemIdText.slice(ITEM.length));
    const { option, text, actor } = choice;
    switch (option) {
      case "retry":
        return retryLetter(desk, id, actor);
      case "edit":
        return editLetter(desk, id, { payload: text ?? "", retry: true, actor });
      case "alternate": {
        const detail = await desk.detail(id);
        if (!detail.ok) return detail;
        const to = detail.value.alternatives.find(
          ({ server, tool }) => text === undefined || text === tool || text === `${server}/${tool}`,
        );
        return to === undefined
          ? fail("not_found", "There is no such tool now. Choose another one, or send it again.")
          : alternateLetter(desk, id, { to, actor });
      }
      case "discard":
        return discardLetter(desk, id, { actor });
      default:
        return fail("bad_request", `There is no answer "${option}".`);
    }
  }

  #moved(letter: Letter, before: DeadLetterState | undefined): void {
    const { inbox } = this.#deps;
    const { id, state, plan } = letter;
    if (state === "retrying" && plan?.by !== "person") return this.#failedAgain(letter);
    this.#alerted.delete(id);
    if (state === "needs_human") {
      if (inbox.get(itemId(id)) !== undefined || this.#openItems() < MOST_ITEMS) inbox.open(itemOf(letter));
      this.#recount();
    } else if (before === "needs_human" || inbox.get(itemId(id)) !== undefined) {
      inbox.answered(itemId(id), wordOf(state));
      this.#recount();
    }
  }

  /** What an earlier core told is not told again; what it was killed before, is. */
  #takeUpAlerts(): void {
    const { desk, inbox } = this.#deps;
    const { letters } = desk();
    for (const id of letters.idsOf({ states: ["retrying"] }, MOST_TAKEN_UP)) {
      const letter = letters.get(id);
      if (letter === undefined || letter.plan?.by === "person") continue;
      if (!this.#wasAlerted(letter)) this.#failedAgain(letter);
      else {
        this.#alerted.add(id);
        if (inbox.get(itemId(id)) === undefined) this.#openAlert(letter);
      }
    }
  }

  /** Since it was last left to somebody, or taken in hand by a person. */
  #wasAlerted({ id }: Letter): boolean {
    const { letters } = this.#deps.desk();
    const types = ["dead_letter.alerted"];
    const alerts = letters.deps.store.events.read({ types, order: "desc", limit: MOST_TAKEN_UP });
    const told = alerts.find(({ data }) => data["letter"] === id);
    const isOver = ({ at, actor, what }: LetterHistory): boolean =>
      told !== undefined && at > told.time && (what === "gave_up" || actor === "person" || actor === "cli");
    return told !== undefined && !letters.history(id).some(isOver);
  }

  /** As often as its family says: told once, while the healer goes on. */
  #failedAgain(letter: Letter): void {
    const { id, retries, attemptMs } = letter;
    const { alertAfter = Number.POSITIVE_INFINITY } = FAMILY_RULES[familyOf(letter)];
    if (retries < alertAfter || attemptMs !== undefined || this.#alerted.has(id)) return;
    this.#alerted.add(id);
    if (this.#deps.inbox.get(itemId(id)) === undefined) this.#alert(letter);
  }

  #alert(letter: Letter): void {
    const { desk } = this.#deps;
    const { id, agent = null, retries, error } = letter;
    const supervisor = this.#supervisorOf(letter);
    const data = { letter: id, path: agent, supervisor, retries, detail: error.message };
    const event = { subject: systemSubject("dead_letters", "alerted"), type: "dead_letter.alerted", data } as const;
    desk().letters.deps.store.transact({ actor: "supervisor", work: (tx) => void tx.append(event) });
    this.#openAlert(letter);
  }

  #supervisorOf({ agent }: Letter): string | null {
    return (agent === undefined ? undefined : this.#above(agent)[1]) ?? null;
  }

  #openAlert(letter: Letter): void {
    const { inbox } = this.#deps;
    const { id, retries } = letter;
    if (this.#openItems() >= MOST_ITEMS) return;
    const item = itemOf(letter);
    const supervisor = this.#supervisorOf(letter);
    const above = supervisor === null ? "" : ` Its supervisor is ${supervisor}.`;
    const title = `Dead letter ${id} failed ${plural(retries, "time")} again; the healer goes on`;
    inbox.open({ ...item, title, body: `${item.body}${above}` });
  }

  #openItems(): number {
    return this.#deps.inbox.count(ITEM);
  }

  #recount(): void {
    this.#cancel ??= this.#deps.clock.after(COUNT_EVERY_MS, () => {
      this.#cancel = undefined;
      this.#fill();
    });
  }

  /** As many as fit have an item; how many more there are is said once. */
  #fill(): void {
    const { inbox, desk } = this.#deps;
    const { letters } = desk();
    const waiting = letters.count({ states: ["needs_human"] });
    for (const id of letters.idsOf({ states: ["needs_human"] }, MOST_ITEMS)) {
      const letter =
        inbox.get(itemId(id)) === undefined && this.#openItems() < MOST_ITEMS ? letters.get(id) : undefined;
      if (letter !== undefined) inbox.open(itemOf(letter));
    }
    const alerts = [...this.#alerted].filter((id) => inbox.get(itemId(id)) !== undefined).length;
    const more = waiting - (this.#openItems() - alerts);
    if (more > 0) inbox.open(moreItem(more));
    else inbox.withdraw(MORE_ITEM, "None left");
  }
}

function itemId(id: number): string {
  return `${ITEM}${id}`;
}

function itemOf(letter: Letter): NewItem {
  const { id, consumer, error, isEdited, tool } = letter;
  const isUndo = letter.type === UNDO_LETTER;
  const as = isEdited ? "as you changed it" : "as it was";
  const options: NewItem["options"] = [
    {
      id: "retry",
      label: "Send it again",
      hint:
        tool === undefined
          ? `${consumer} gets it ${as}, now; nobody else hears it again`
          : `${tool} is called again ${as}, now; look first whether it did its work the last time`,
      key: "R",
      takesText: false,
    },
    {
      id: "edit",
      label: "Change it and send it again",
      hint: "The original is kept beside it",
      key: "E",
      takesText: true,
    },
    ...(tool === undefined || isUndo
      ? []
      : [
          {
            id: "alternate",
            label: "Let another tool do it",
            hint: "The next one of the registry that can",
            key: "A",
            takesText: false,
          },
        ]),
    {
      id: "discard",
      label: isUndo ? "Skip this undo" : "Discard it",
      hint: isUndo
        ? "What the step did stands; the other steps are undone, and the run says so"
        : `${tool === undefined ? `${consumer} never gets it` : `${tool} is not called again`}. Kept seven days, and can be taken back`,
      key: "D",
      takesText: false,
    },
  ];
  return {
    id: itemId(id),
    kind: "dead_letter",
    path: `Dead letter ${id}`,
    title: `Dead letter ${id} could not be healed`,
    body: `${subjectOf(letter)}: ${CAUSES[error.class]}. ${error.message}`,
    irreversible: false,
    options,
    via: "action",
  };
}

function subjectOf({ type, consumer, tool, server, subject }: Letter): string {
  const what = tool === undefined ? `${type} for ${consumer}` : `A call of ${tool} of ${server ?? "a server"}`;
  const [, run = "", step = ""] = subject.split(".");
  return type === UNDO_LETTER ? `${what}, the undo of ${step} in the run ${run}` : what;
}

const CAUSES: Readonly<Record<ErrorClass, string>> = {
  not_found: "not found",
  timeout: "no answer in time",
  rate_limit: "rate limit",
  network: "network",
  validation: "not valid",
  processing: "failed at its work",
  auth: "access refused",
  resource: "something ran out",
  unknown: "unknown cause",
};

function wordOf(state: DeadLetterState): string {
  return state === "discarded" ? "Discarded" : state === "replayed" ? "Delivered" : "Sent again";
}

function moreItem(more: number): NewItem {
  return {
    id: MORE_ITEM,
    kind: "dead_letter",
    path: "Dead letters",
    title: "Dead letters wait for you",
    body: `${plural(more, "more dead letter")} could not be healed. Bus, Dead letters lists all of them, and does to many what you do to one.`,
    irreversible: false,
    options: [{ id: "dismiss", label: "I know", key: "D", takesText: false }],
    via: "action",
  };
}
