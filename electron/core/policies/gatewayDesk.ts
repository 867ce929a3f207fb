/**
 * Joins gateway, budgets and ledger: a request's worth is set aside before it goes out, and given back when the ledger
 * has what it took. A request whose agent nobody knows does not go out. What ended is jotted down at once but in the ledger
 * a moment later, between the requests of others: whoever asks meanwhile would wait for it.
 */
import type { Budgets, Wanted } from "#core/budgets/index.ts";
import type { Ledger } from "#core/ledger/index.ts";
import type { GatewayCall, GatewayDesk, GatewayOutcome, PlanLimit } from "#core/ports/gateway.ts";
import type { Recorder } from "#core/store/index.ts";
import { WaitForRoom } from "./waitForRoom.ts";
import { noteBegan, noteEnded, noteHeard } from "./requestsUnderWay.ts";
import type { UnderWayParts } from "./requestsUnderWay.ts";

/** Until then the budget holds what was really used; a budget that is used up by it does not wait. */
const GATHER_MS = 500;
/** The core takes requests between one entry and the next; none of them waits for the disk, which has all of them soon after. */
const AT_ONCE = 1;
const BREATH_MS = 5;

const UNKNOWN_AGENT =
  "Signalbox does not know whose budget this request would use, so it was not sent. Restart the agent.";

export interface GatewayDeskParts extends UnderWayParts {
  readonly ledger: Pick<Ledger, "report" | "prices">;
  readonly budgets: Pick<Budgets, "reserve" | "used" | "release">;
  readonly ownerOf: (sessionId: string) => { readonly path: string } | undefined;
  readonly recorder: Recorder;
  /** Told of every answer: the limit it spoke of, or undefined where the provider answered as asked. */
  readonly onLimit: (sessionId: string, limit: PlanLimit | undefined) => void;
}

export function gatewayDesk(parts: GatewayDeskParts): GatewayDesk {
  const { ledger, budgets, ownerOf, recorder, clock, onLimit } = parts;
  /** A life that has just begun may still be on its way to the disk. */
  const pathOf = (sessionId: string): string | undefined => {
    const known = ownerOf(sessionId);
    if (known !== undefined) return known.path;
    recorder.flush();
    return ownerOf(sessionId)?.path;
  };
  const room = new WaitForRoom(clock);
  const giveBack = (reservationId: string): void => {
    budgets.release(reservationId);
    room.wake();
  };
  const gathered: GatewayOutcome[] = [];
  let cancelFlush: (() => void) | undefined;
  const record = (most: number): void => {
    cancelFlush?.();
    cancelFlush = undefined;
    const outcomes = gathered.splice(0, most);
    // Facts of others are none of this gathering, and wait for the disk as ever.
    if (outcomes.length > 0) recorder.flush();
    for (const { call, report, reservationId } of outcomes) {
      if (report !== undefined) ledger.report(report);
      if (call.api !== "other") noteEnded(parts, call);
      // Counted before it is given back: between the two another request must not find room that is not there.
      if (reservationId !== undefined) recorder.afterCommit(() => giveBack(reservationId));
    }
    if (outcomes.length > 0) recorder.flush("unsynced");
    if (gathered.length > 0) cancelFlush = clock.after(BREATH_MS, () => record(AT_ONCE));
  };
  const flush = (): void => record(Infinity);
  return {
    async authorize(call, gone) {
      const path = pathOf(call.sessionId);
      if (path === undefined) return { allow: false, level: "hard", sentence: UNKNOWN_AGENT };
      const wanted = (): Wanted => wantedBy(call, ledger, clock.wallNow());
      const answer = await room.reserve(() => budgets.reserve({ path, wanted: wanted() }), gone);
      if (!answer.ok) {
        const { level, sentence } = answer.brake;
        return { allow: false, level, sentence };
      }
      if (call.api !== "other") noteBegan(parts, call);
      const { reservationId } = answer;
      return { allow: true, ...(reservationId === undefined ? {} : { reservationId }) };
    },
    progress: (call, report) => noteHeard(parts, call, report),
    settle(outcome) {
      const { call, report, limit } = outcome;
      if (report !== undefined) noteHeard(parts, call, report);
      gathered.push(outcome);
      if (isAllUsed(parts, outcome)) flush();
      else cancelFlush ??= clock.after(GATHER_MS, () => record(AT_ONCE));
      room.wake();
      if (limit !== undefined || report?.outcome === "complete") onLimit(call.sessionId, limit);
    },
    flush,
  };
}

function isAllUsed({ budgets, ledger, clock }: GatewayDeskParts, { report, reservationId }: GatewayOutcome): boolean {
  if (reservationId === undefined || report?.tokens === undefined) return false;
  const { provider, model, tokens } = report;
  const nanos = ledger.prices.priceOf({ provider, model, tokens, at: clock.wallNow() })?.costNanos ?? 0;
  const total = tokens.input + tokens.output + tokens.cacheRead + tokens.cacheWrite;
  return budgets.used(reservationId, { nanos, tokens: total });
}

/** From the size of the request alone: the answer's length is not known, and a budget ends within the request in flight. */
function wantedBy({ provider, model, estimate }: GatewayCall, ledger: GatewayDeskParts["ledger"], at: number): Wanted {
  const input = estimate?.inputTokens ?? 0;
  const tokens = { input, output: 0, cacheRead: 0, cacheWrite: 0, reasoning: 0 };
  // Without its name a model cannot be told to have no price.
  if (model === undefined) return { nanos: 0, tokens: input };
  return { nanos: ledger.prices.priceOf({ provider, model, tokens, at })?.costNanos, tokens: input };
}
