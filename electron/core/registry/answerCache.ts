/**
 * Answers of tools that a person called pure reads (`cache` of their server's entry), given again for a while without
 * asking the server. In memory: a new start asks anew. Only whole successes are kept, and none that was under way while
 * something was dropped, for it may be of what was there before.
 */
import { createHash } from "node:crypto";
import type { Clock } from "#core/ports/clock.ts";
import type { McpAnswer } from "#core/ports/mcpClient.ts";
import { canonicalJson } from "#shared/lib/canonicalJson.ts";
import type { Ending, ToolOrder } from "./invocation.ts";
import type { LiveServer } from "./liveServer.ts";

/** Mission RO-17. */
const MOST_KEPT = 1_000;
/** What the log of calls holds whole, so that the call an answer is from can be read; 64 MB of text at worst. */
const MOST_BYTES = 64 * 1024;

export interface KeptAnswer {
  readonly answer: McpAnswer;
  /** The call it answered. */
  readonly callId: string;
  readonly atMs: number;
}

interface Kept extends KeptAnswer {
  readonly server: string;
  readonly untilMs: number;
}

/** A call's place; `drops` tells whether something was dropped since it was looked up. */
export interface Slot {
  readonly name: string;
  readonly server: string;
  readonly forMs: number;
  readonly drops: number;
}

export class AnswerCache {
  readonly #clock: Pick<Clock, "wallNow">;
  /** Least recently used first. */
  readonly #kept = new Map<string, Kept>();
  #drops = 0;

  constructor(clock: Pick<Clock, "wallNow">) {
    this.#clock = clock;
  }

  /** Undefined: nobody said that the tool only reads. */
  slot({ key, spec }: Pick<LiveServer, "key" | "spec">, { tool, args = {} }: ToolOrder): Slot | undefined {
    if (spec.cache?.tools.includes(tool) !== true) return undefined;
    const asked = canonicalJson([key, tool, args]);
    const name = createHash("sha256").update(asked, "utf8").digest("base64");
    return { name, server: key, forMs: spec.cache.forMs, drops: this.#drops };
  }

  take({ name }: Slot): KeptAnswer | undefined {
    const kept = this.#kept.get(name);
    this.#kept.delete(name);
    if (kept === undefined || !this.#isGood(kept)) return undefined;
    this.#kept.set(name, kept);
    // Whoever gets it may do with it what they like.
    return { ...kept, answer: structuredClone(kept.answer) };
  }

  /** Somebody wants it asked anew. */
  forget({ name }: Slot): void {
    this.#kept.delete(name);
  }

  keep({ name, server, forMs, drops }: Slot, callId: string, { result }: Pick<Ending, "result">): void {
    if (!result.ok || drops !== this.#drops) return;
    const answer = structuredClone(result.value);
    if (Buffer.byteLength(JSON.stringify(answer)) > MOST_BYTES) return;
    const atMs = this.#clock.wallNow();
    this.#kept.delete(name);
    this.#kept.set(name, { answer, callId, atMs, server, untilMs: atMs + forMs });
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > MOST_KEPT && oldest !== undefined) this.#kept.delete(oldest);
  }

  /** All of one server's. Answers how many there were. */
  drop(server: string): number {
    this.#drops += 1;
    const dropped = [...this.#kept].filter(([, kept]) => kept.server === server);
    for (const [name] of dropped) this.#kept.delete(name);
    return dropped.length;
  }

  count(server: string): number {
    return [...this.#kept.values()].filter((kept) => kept.server === server && this.#isGood(kept)).length;
  }

  /** A clock that was set back tells no age. */
  #isGood({ atMs, untilMs }: Kept): boolean {
    const now = this.#clock.wallNow();
    return now >= atMs && now < untilMs;
  }
}
