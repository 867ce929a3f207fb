/**
 * Joins the door for agents, their lives and the inbox: who calls with a token or under a name that is not its own, or more
 * often than it may, is refused there; here it is recorded, and a person told. A flood is one record a minute.
 */
import { systemSubject } from "#shared/lib/eventSubjects.ts";
import { plural } from "#shared/lib/words.ts";
import type { NewEvent, StoredEvent } from "#shared/model/event.ts";
import type { Inbox, NewItem } from "#core/inbox/index.ts";
import { RefusalTally } from "#core/kernel/index.ts";
import type { Clock } from "#core/ports/clock.ts";
import type { RefusedCall } from "#core/ports/refusedCall.ts";
import type { Recorder } from "#core/store/index.ts";

export interface RefusedCallersDeps {
  readonly inbox: Inbox;
  readonly recorder: Recorder;
  readonly clock: Clock;
  /** Of a session past or present. */
  readonly lifeOf: (sessionId: string) => { readonly path: string; readonly alive: boolean } | undefined;
}

interface Refused {
  readonly why: RefusedCall["why"] | "forged_sender";
  readonly door: RefusedCall["door"];
  /** Who did it, as far as that can be told. */
  readonly path: string | null;
  /** Whose name it took. */
  readonly claimed: string | null;
  readonly detail: string;
}

const ITEM = "refused:";
/** Fewer refusals in a minute are a burst that passed, and no person's business. */
const FLOOD = 10;

export class RefusedCallers {
  readonly #deps: RefusedCallersDeps;
  /** Looked up when it is recorded: a flood at the door costs a count each. */
  readonly #tally: RefusalTally<() => Refused | undefined>;

  constructor(deps: RefusedCallersDeps) {
    this.#deps = deps;
    this.#tally = new RefusalTally({ clock: deps.clock, record: (refused, count) => this.#record(refused(), count) });
  }

  /** At the door: the token was wrong, or the calls too many. */
  atTheDoor(refusal: RefusedCall): void {
    const { why, sessionId, isOpen, tokenOf = "" } = refusal;
    // What was made up must not become a kind of its own each time.
    this.#tally.add(`${refusal.door} ${why} ${isOpen ? sessionId : ""} ${tokenOf}`, () => this.#atTheDoor(refusal));
  }

  #atTheDoor({ door, why, sessionId, isOpen, tokenOf }: RefusedCall): Refused | undefined {
    const named = this.#deps.lifeOf(sessionId);
    if (why === "too_many_calls") return named && tooMany(named.path, door);
    if (!isOpen && tokenOf === undefined && isHarmless(door, named)) return undefined;
    const owner = tokenOf === undefined ? undefined : this.#deps.lifeOf(tokenOf);
    const claimed = named?.path ?? null;
    return { why, door, path: owner?.path ?? null, claimed, detail: tokenWords(door, named) };
  }

  /** An agent's call of a tool names somebody else as the one who speaks. */
  forgedSender(path: string, claimed: string): void {
    const detail = `Called a tool in the name of ${claimed}`;
    const refused: Refused = { why: "forged_sender", door: "tools", path, claimed, detail };
    this.#tally.add(`forged_sender ${path}`, () => refused);
  }

  calledTooOften(path: string): void {
    this.#tally.add(`too_many_calls ${path}`, () => tooMany(path, "tools"));
  }

  /** What is recorded as refused, by us or the mailboxes, is shown; of a fleet that is down nobody wants to know. */
  show(events: readonly StoredEvent[]): void {
    const { inbox } = this.#deps;
    for (const event of events) {
      if (event.type === "fleet.down" || event.type === "fleet.forgotten")
        inbox.withdrawAll(`${ITEM}${String(event.data["fleet"])}/`, "Its fleet is down");
      if (event.type !== "caller.refused" && event.type !== "message.throttled") continue;
      const item = itemOf(event);
      if (item !== undefined) inbox.open(item);
    }
  }

  close(): void {
    this.#tally.close();
  }

  #record(refused: Refused | undefined, count: number): void {
    if (refused === undefined) return;
    const data = { ...refused, refused: count };
    const event: NewEvent = {
      subject: systemSubject("callers", "refused"),
      type: "caller.refused",
      actor: "system",
      data,
    };
    this.#deps.recorder.note(event);
  }
}

function tooMany(path: string, door: Refused["door"]): Refused {
  return { why: "too_many_calls", door, path, claimed: null, detail: "Calls too often" };
}

/**
 * Of a life that is just being taken up, or what one had left to say when it ended. The gateway has none of the first: it
 * asks such a one to come again.
 */
function isHarmless(door: Refused["door"], named: { readonly alive: boolean } | undefined): boolean {
  if (named === undefined || door === "gateway") return false;
  return named.alive || door !== "tools";
}

function tokenWords(door: Refused["door"], named: { readonly path: string; readonly alive: boolean } | undefined) {
  const where = door === "gateway" ? " at the metering gateway" : "";
  if (named === undefined) return `Used a token for a session that there never was${where}`;
  return named.alive
    ? `Used a wrong token as ${named.path}${where}`
    : `Called as ${named.path}${where}, whose session has ended`;
}

function itemOf({ data }: StoredEvent): NewItem | undefined {
  const { why, path, claimed, detail, refused } = data;
  const isFlood = why === undefined || why === "too_many_calls";
  if (isFlood && Number(refused) < FLOOD) return undefined;
  const who = typeof path === "string" ? path : undefined;
  const about = who ?? (typeof claimed === "string" ? claimed : "Signalbox");
  const did = String(detail).charAt(0).toLowerCase() + String(detail).slice(1);
  const stop = { id: "stop", label: "Stop it", hint: "Its supervisor leaves it down", key: "S", takesText: false };
  const dismiss = { id: "dismiss", label: "Leave it", hint: "It goes on; this goes on being refused", key: "D" };
  return {
    id: `${ITEM}${about}`,
    kind: "refused",
    path: about,
    title: who === undefined ? `Somebody ${did}` : `${who} ${did}`,
    body: `${plural(Number(refused), "call was", "calls were")} refused. ${isFlood ? "Nobody else is held up by it." : "Nothing was done. Look at what it was told to do."}`,
    irreversible: false,
    options: [...(who === undefined ? [] : [stop]), { ...dismiss, takesText: false }],
    via: "action",
  };
}
