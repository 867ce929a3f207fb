/**
 * What others are told of dead letters on the bus: that one died, that another tool takes over, that no strategy is left.
 * Written down with the move that says so, published after it, again after a crash: at least once, and by its message id
 * once for everyone who goes by that.
 */
import type { Clock } from "#core/ports/clock.ts";
import type { Logger } from "#core/ports/logger.ts";
import type { MessageBus, Outgoing } from "#core/ports/messageBus.ts";
import { toIsoTime } from "#shared/lib/isoTime.ts";
import { dedupeKey, encodeEnvelope } from "#shared/model/catalogue/envelope.ts";
import type { Envelope } from "#shared/model/catalogue/envelope.ts";
import { compose } from "#shared/model/catalogue/message.ts";
import { ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import { OUTBOX } from "./letterRows.ts";
import type { Letter } from "./letterRows.ts";
import type { DeadLetters } from "./letters.ts";

const PAGE = 100;
const AGAIN_MS = 1000;
const SOURCE = "/healer";

export interface OutboxDeps {
  readonly letters: DeadLetters;
  readonly bus: Pick<MessageBus, "publish">;
  readonly clock: Clock;
  readonly logger: Logger;
}

export class Outbox {
  readonly #deps: OutboxDeps;
  #running: Promise<void> | undefined;
  #isAsked = false;
  #isClosed = false;
  #cancel: (() => void) | undefined;
  #stop: (() => void) | undefined;

  constructor(deps: OutboxDeps) {
    this.#deps = deps;
  }

  open(): void {
    this.#stop = this.#deps.letters.watch({
      moved: ({ outbox }) => {
        if (outbox !== 0) this.#pump();
      },
      removed: () => undefined,
    });
    this.#pump();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#stop?.();
    this.#cancel?.();
    await this.#running;
  }

  #pump(): void {
    this.#isAsked = true;
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
  }

  async #run(): Promise<void> {
    const { letters, clock, logger } = this.#deps;
    while (this.#isAsked && !this.#isClosed) {
      this.#isAsked = false;
      const page = letters.unpublished(PAGE);
      const said = await Promise.all(page.map((letter) => this.#say(letter)));
      const written = letters.published(page.map(({ id }, at) => ({ id, bits: said[at] ?? 0 })));
      const isStuck = !written.ok || page.some(({ outbox }, at) => outbox !== said[at]);
      if (isStuck) {
        logger.warn("Words about dead letters wait: the bus does not take them now.");
        this.#cancel?.();
        this.#cancel = clock.after(AGAIN_MS, () => this.#pump());
        return;
      }
      if (page.length === PAGE) this.#isAsked = true;
    }
  }

  /** The bits that are said. */
  async #say(letter: Letter): Promise<number> {
    let said = 0;
    for (const bit of Object.values(OUTBOX)) {
      if ((letter.outbox & bit) === 0) continue;
      const message = messageOf(letter, { bit, nowMs: this.#deps.clock.wallNow() });
      const published = message.ok ? await this.#deps.bus.publish(message.value) : message;
      if (published.ok) said |= bit;
      else if (published.error.code === "bad_request" || published.error.code === "too_large") {
        this.#deps.logger.error("A word about a dead letter was refused and is given up.", {
          letter: letter.id,
          error: published.error.message,
        });
        said |= bit;
      }
    }
    return said;
  }
}

function messageOf(letter: Letter, { bit, nowMs }: { readonly bit: number; readonly nowMs: number }): Result<Outgoing> {
  const made = envelopeOf(letter, { bit, time: toIsoTime(nowMs) });
  if (!made.ok) return made;
  const encoded = encodeEnvelope(made.value);
  if (!encoded.ok) return encoded;
  return ok({ subject: subjectOf(bit), data: encoded.value, msgId: dedupeKey(made.value) });
}

function subjectOf(bit: number): string {
  switch (bit) {
    case OUTBOX.died:
      return "mcp.events.dlq";
    case OUTBOX.alternative:
      return "tool.healer.alternative_tool";
    default:
      return "tool.healer.recover";
  }
}

function envelopeOf(letter: Letter, { bit, time }: { readonly bit: number; readonly time: string }): Result<Envelope> {
  const base = {
    source: SOURCE,
    time,
    subject: String(letter.id),
    contextid: letter.contextId,
    correlationid: letter.correlationId,
  };
  const about = aboutOf(letter);
  switch (bit) {
    case OUTBOX.died: {
      const { attempts, firstFailedAt, lastFailedAt, diedAt } = letter;
      const times = { first_failed_at: firstFailedAt, last_failed_at: lastFailedAt, failed_at: diedAt };
      return compose("mcp.events.dlq", { ...base, id: `died-${letter.id}`, data: { ...about, attempts, ...times } });
    }
    case OUTBOX.alternative: {
      const instead = letter.tried.at(-1) ?? { server: "unknown", tool: "unknown" };
      const id = `alternative-${letter.id}-${letter.tried.length}`;
      return compose("tool.healer.alternative_tool", { ...base, id, data: { ...about, instead } });
    }
    default: {
      const { retries } = letter;
      const id = `recover-${letter.id}-${retries}`;
      return compose("tool.healer.recover", { ...base, id, data: { ...about, strategy: "no_strategy", retries } });
    }
  }
}

function aboutOf(letter: Letter) {
  const { id, stream, seq, consumer, type, error, server, tool, agent } = letter;
  return {
    letter: id,
    stream,
    seq,
    consumer,
    original_type: type,
    error_class: error.class,
    error: error.message,
    server: server ?? null,
    tool: tool ?? null,
    agent: agent ?? null,
  };
}
