/**
 * What the loopback listeners for agents (hooks and telemetry, the metering gateway) have in common: the remembered port,
 * one token for each session, compared in constant time, and a throttle on whoever tries wrong ones.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import type { Server } from "node:http";
import { TokenBucket, type Rate } from "#shared/lib/tokenBucket.ts";

/** Refusals allowed per window before every caller without a right token gets 429. */
const MAX_FAILURES = 20;
const FAILURE_WINDOW_MS = 10_000;
export const TOO_MANY_FAILURES = "Too many wrong tokens; wait ten seconds.";

/** The preferred port when it is free, else any; undefined: none at all. */
export async function listenOnLoopback(server: Server, preferredPort = 0): Promise<number | undefined> {
  return (await listen(server, preferredPort)) ?? (await listen(server, 0));
}

function listen(server: Server, port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const failed = (): void => resolve(undefined);
    server.once("error", failed);
    server.listen(port, "127.0.0.1", () => {
      server.off("error", failed);
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : undefined);
    });
  });
}

/** Whose calls are taken, by session. */
export class SessionTokens<T> {
  readonly #sessions = new Map<string, { readonly digest: Buffer; readonly value: T }>();

  /** The returned function ends it and is idempotent. */
  register(session: { readonly id: string; readonly token: string }, value: T): () => void {
    const one = { digest: digest(session.token), value };
    this.#sessions.set(session.id, one);
    return () => {
      if (this.#sessions.get(session.id) === one) this.#sessions.delete(session.id);
    };
  }

  /** An unknown session and a wrong token look and cost the same, so that session ids cannot be probed. */
  find(sessionId: string, tokenFor: (known: T | undefined) => string): T | undefined {
    const known = this.#sessions.get(sessionId);
    const given = digest(tokenFor(known?.value));
    return timingSafeEqual(given, known?.digest ?? digest(`unknown ${sessionId}`)) ? known?.value : undefined;
  }

  has(sessionId: string): boolean {
    return this.#sessions.has(sessionId);
  }

  /** Whose token this is. */
  ownerOf(token: string): string | undefined {
    const given = digest(token);
    return [...this.#sessions].find(([, one]) => timingSafeEqual(given, one.digest))?.[0];
  }

  values(): readonly T[] {
    return [...this.#sessions.values()].map(({ value }) => value);
  }

  clear(): void {
    this.#sessions.clear();
  }
}

export class FailureThrottle {
  readonly #failures: number[] = [];

  /** How the next wrong token is answered. */
  refuse(): 401 | 429 {
    const now = performance.now();
    while (this.#failures[0] !== undefined && this.#failures[0] < now - FAILURE_WINDOW_MS) this.#failures.shift();
    if (this.#failures.length >= MAX_FAILURES) return 429;
    this.#failures.push(now);
    return 401;
  }
}

/** Calls of one session: far more than a model makes, far less than would keep the core from its work. */
const CALLS: Rate = { burst: 60, refillMs: 50 };

export class CallRate {
  readonly #bucket: TokenBucket;

  constructor(rate: Rate = CALLS) {
    this.#bucket = new TokenBucket(rate, performance.now());
  }

  admit(): boolean {
    return this.#bucket.take(performance.now()) === 0;
  }
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
