/**
 * Joins dead letters and the inbox: what the healer leaves to a person waits there, and leaves when it is settled. A flood
 * does not bury the inbox: past some items one more says how many there are.
 */
import type { DeadLetterState, ErrorClass } from "#shared/model/deadLetter.ts";
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
/** Counting again for each letter of a flood would be work for nobody. */
const COUNT_EVERY_MS = 1000;

export class InboxLetters {
  readonly #deps: InboxLetterDeps;
  #cancel: (() => void) | undefined;

  constructor(deps: InboxLetterDeps) {
    this.#deps = deps;
  }

  open(): void {
    const { desk } = this.#deps;
    desk().letters.watch({
      moved: (letter, before) => this.#moved(letter, before),
      removed: (ids) => {
        for (const id of ids) this.#deps.inbox.withdraw(itemId(id), "Removed after its time");
        this.#recount();
      },
    });
    this.#fill();
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
    if (letter.state === "needs_human") {
      if (inbox.get(itemId(letter.id)) !== undefined || this.#openItems() < MOST_ITEMS) inbox.open(itemOf(letter));
      this.#recount();
    } else if (before === "needs_human") {
      inbox.answered(itemId(letter.id), wordOf(letter.state));
      this.#recount();
    }
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
    const more = waiting - this.#openItems();
    if (more > 0) inbox.open(moreItem(more));
    else inbox.withdraw(MORE_ITEM, "None left");
  }
}

function itemId(id: number): string {
  return `${ITEM}${id}`;
}

function itemOf(letter: Letter): NewItem {
  const { id, consumer, type, error, isEdited } = letter;
  const options: NewItem["options"] = [
    {
      id: "retry",
      label: "Send it again",
      hint: `${consumer} gets it ${isEdited ? "as you changed it" : "as it was"}, now; nobody else hears it again`,
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
    ...(letter.tool === undefined
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
      label: "Discard it",
      hint: `${consumer} never gets it. Kept seven days, and can be taken back`,
      key: "D",
      takesText: false,
    },
  ];
  return {
    id: itemId(id),
    kind: "dead_letter",
    path: `Dead letter ${id}`,
    title: `Dead letter ${id} could not be healed`,
    body: `${type} for ${consumer}: ${CAUSES[error.class]}. ${error.message}`,
    irreversible: false,
    options,
    via: "action",
  };
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
