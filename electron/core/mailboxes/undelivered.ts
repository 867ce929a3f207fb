/**
 * An agent hears of messages of its own that found no taker, as one message for all of a moment: it may wait for an answer
 * that never comes. Nobody hears of a message to all, nor of such a word itself.
 */
import { isAgentName } from "#shared/model/mail.ts";
import type { Mail } from "#shared/model/mail.ts";
import { plural } from "#shared/lib/words.ts";
import type { Clock } from "#core/ports/clock.ts";
import type { Logger } from "#core/ports/logger.ts";
import { shortName } from "./mailWords.ts";
import type { Post, Posted } from "./post.ts";
import type { Result } from "#shared/model/result.ts";

/** What expires together is told together. */
export const GATHER_MS = 1_000;
const MOST_NAMED = 5;
/** Enough of a message to know it by. */
const SUMMARY = 80;

export interface UndeliveredDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly post: (post: Post) => Promise<Result<Posted>>;
}

interface Gathered {
  /** Of the first one: the notice's own follows from it, so that one said again after a crash is heard once. */
  readonly firstId: string;
  readonly lines: string[];
  count: number;
}

export class Undelivered {
  readonly #deps: UndeliveredDeps;
  /** By sender; as many as there are agents. */
  readonly #gathered = new Map<string, Gathered>();
  #cancel: (() => void) | undefined;

  constructor(deps: UndeliveredDeps) {
    this.#deps = deps;
  }

  /** A message that ended without having been delivered. */
  add(mail: Mail): void {
    const { id, from, kind, addressed } = mail;
    if (!isAgentName(from) || kind === "notice" || addressed === "all") return;
    const known = this.#gathered.get(from) ?? { firstId: id, lines: [], count: 0 };
    known.count += 1;
    if (known.lines.length < MOST_NAMED) known.lines.push(lineOf(mail));
    this.#gathered.set(from, known);
    this.#cancel ??= this.#deps.clock.after(GATHER_MS, () => this.#tell());
  }

  close(): void {
    this.#cancel?.();
    this.#gathered.clear();
  }

  #tell(): void {
    this.#cancel = undefined;
    const all = [...this.#gathered];
    this.#gathered.clear();
    for (const [to, { firstId, lines, count }] of all) {
      const more = count > lines.length ? [`And ${plural(count - lines.length, "more message")}.`] : [];
      const text = ["Signalbox could not deliver what you sent:", ...lines, ...more].join("\n");
      const [fleet = ""] = to.split("/");
      // One that does not run any more waits for nothing.
      const notice: Post = {
        id: `undelivered-${firstId}`,
        from: "signalbox",
        fleet,
        to,
        text,
        kind: "notice",
        hold: false,
      };
      void this.#deps.post(notice).then((posted) => {
        if (!posted.ok) this.#deps.logger.info("An agent was not told of its lost messages.", { to, ...posted.error });
      });
    }
  }
}

function lineOf({ to, text, state, detail }: Mail): string {
  const [first = ""] = text.split("\n");
  const about = first.length > SUMMARY || first !== text ? `${first.slice(0, SUMMARY)}…` : first;
  const why =
    state === "expired" ? `it found no moment in its time${detail === undefined ? "" : ` (${detail})`}` : detail;
  return `- to ${shortName(to)}, "${about}": ${why ?? state}.`;
}
