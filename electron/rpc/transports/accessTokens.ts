/**
 * Who may enter: one-time codes (128 bits, five minutes, one use) that a browser trades for a token of its own (256 bits).
 * Only digests are kept, compared in constant time; wrong guesses of either kind are throttled, from any address.
 */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { fail, ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";

export const CODE_LIFETIME_S = 300;
/** Codes minted and not used; the oldest gives way. */
const MAX_CODES = 32;
/** Browsers known at once; the oldest gives way. */
const MAX_TOKENS = 64;
const GUESSES = 10;
const GUESS_REFILL_MS = 3_000;

/** Keeps SHA-256 digests (hex) of browser tokens over restarts. */
export interface TokenStore {
  load(): readonly string[];
  save(digests: readonly string[]): void;
}

export interface AccessTokens {
  mintCode(): string;
  /** `unauthorized` for a wrong, used or expired code; `throttled` after too many of those, right or wrong. */
  exchange(code: string): Result<string>;
  /** A right token always passes; wrong ones answer `unauthorized`, soon `throttled`. */
  check(token: string | undefined): Result<undefined>;
}

/** `now` in milliseconds, any origin. */
export function createAccessTokens(store: TokenStore, now: () => number): AccessTokens {
  const codes: { digest: Buffer; expiresAt: number }[] = [];
  let tokens: Buffer[] = store
    .load()
    .map((hex) => Buffer.from(hex, "hex"))
    .filter((digest) => digest.length === 32);
  const codeGuesses = newThrottle(now);
  const tokenGuesses = newThrottle(now);

  function takeCode(code: string): boolean {
    const digest = digestOf(code);
    const time = now();
    let found = -1;
    // All are looked at, so that the time taken tells nothing.
    for (const [index, known] of codes.entries()) {
      if (timingSafeEqual(known.digest, digest) && known.expiresAt > time) found = index;
    }
    if (found >= 0) codes.splice(found, 1);
    return found >= 0;
  }

  return {
    mintCode: () => {
      const code = randomBytes(16).toString("base64url");
      codes.push({ digest: digestOf(code), expiresAt: now() + CODE_LIFETIME_S * 1000 });
      if (codes.length > MAX_CODES) codes.shift();
      return code;
    },
    exchange: (code) => {
      if (!codeGuesses.mayGuess()) return TOO_MANY;
      if (!takeCode(code)) {
        codeGuesses.missed();
        return fail("unauthorized", 'This link is used or expired. Run "signalbox open" for a new one.');
      }
      const token = randomBytes(32).toString("base64url");
      tokens = [...tokens, digestOf(token)].slice(-MAX_TOKENS);
      store.save(tokens.map((digest) => digest.toString("hex")));
      return ok(token);
    },
    check: (token) => {
      if (token === undefined)
        return fail("unauthorized", 'A token is needed. Run "signalbox open" to connect a browser.');
      const digest = digestOf(token);
      let isKnown = false;
      for (const known of tokens) isKnown = timingSafeEqual(known, digest) || isKnown;
      if (isKnown) return ok(undefined);
      if (!tokenGuesses.mayGuess()) return TOO_MANY;
      tokenGuesses.missed();
      return fail("unauthorized", 'This token is not known. Run "signalbox open" to connect this browser again.');
    },
  };
}

const TOO_MANY = fail("throttled", "Too many wrong attempts. Wait half a minute, then try again.");

/** Ten wrong guesses at once, then one every three seconds. */
function newThrottle(now: () => number): { mayGuess(): boolean; missed(): void } {
  let left = GUESSES;
  let at = now();
  const refill = () => {
    const time = now();
    left = Math.min(GUESSES, left + (time - at) / GUESS_REFILL_MS);
    at = time;
  };
  return {
    mayGuess: () => {
      refill();
      return left >= 1;
    },
    missed: () => {
      refill();
      left = Math.max(0, left - 1);
    },
  };
}

function digestOf(secret: string): Buffer {
  return createHash("sha256").update(secret).digest();
}
