/**
 * The metering gateway: a loopback endpoint that agents with a configurable base URL are pointed at. It passes bytes on as
 * they are, reads the provider's own usage at the edge, and asks before every model request whether it may go out.
 * Credentials pass through it and are nowhere kept.
 */
import type { Result } from "#shared/model/result.ts";
import type { Environment } from "./machine.ts";
import type { OnRefusedCall } from "./refusedCall.ts";
import type { UsageReport } from "./usage.ts";

/** Carries the session's token; taken off before a request goes on. */
export const GATEWAY_TOKEN_HEADER = "x-signalbox-gateway";

/** What the path of a request says; `other` may cost something too, but nobody can tell how much. */
export type GatewayApi = "anthropic" | "openai_responses" | "openai_chat" | "gemini" | "other";

/** A request that is about to cost something. */
export interface GatewayCall {
  /** Names this request for ever, in the ledger too. */
  readonly id: string;
  readonly sessionId: string;
  readonly agent: string;
  readonly provider: string;
  readonly api: GatewayApi;
  /** As the request names it; absent where the body does not say it within its first 64 KiB or is compressed. */
  readonly model?: string;
  /** A guess from the size of the request, before any of it went out; absent where the size is not told beforehand. */
  readonly estimate?: { readonly inputTokens: number };
}

export type GatewayVerdict =
  | { readonly allow: true; readonly reservationId?: string }
  /** `sentence` stands on the agent's screen: what happened, then what to do. */
  | { readonly allow: false; readonly sentence: string; readonly level: "soft" | "hard" | "frozen" };

/** How a request that was allowed ended. */
export interface GatewayOutcome {
  readonly call: GatewayCall;
  readonly reservationId?: string;
  /**
   * What the provider said, or an estimate from the sizes where it did not say what it took; absent for `other`, and for a
   * request that never reached the provider.
   */
  readonly report?: UsageReport;
  /** The provider refused it for too much use. */
  readonly limit?: PlanLimit;
}

export interface PlanLimit {
  /** The provider's words. */
  readonly detail: string;
  /** Wall-clock ms of the reset, where it is told. */
  readonly untilMs?: number;
}

/** Where the gateway asks and tells. Each allowed call is settled exactly once; one that throws is a refusal. */
export interface GatewayDesk {
  /** May wait for requests under way; `gone` when the agent hangs up meanwhile, whose request must not go out then. */
  authorize(call: GatewayCall, gone: AbortSignal): Promise<GatewayVerdict>;
  /** The provider's first words on a call that was allowed: what is known of it if nobody lives to settle it. */
  progress(call: GatewayCall, report: UsageReport): void;
  settle(outcome: GatewayOutcome): void;
  /** Everything settled so far is recorded. */
  flush(): void;
}

/** Where the requests of one route go: fixed when the agent is launched, never taken from a request. */
export interface GatewayRoute {
  readonly provider: string;
  /** Scheme, host and path prefix: `https://api.anthropic.com`. */
  readonly upstream: string;
  /** Taken instead for requests that carry this header: a ChatGPT sign-in has another server than an API key. */
  readonly alternative?: { readonly header: string; readonly upstream: string } | undefined;
}

export interface GatewaySession {
  readonly sessionId: string;
  readonly agent: string;
  readonly token: string;
  /** Where it is not `GATEWAY_TOKEN_HEADER`: a CLI that cannot send a header of ours lends one of its own. */
  readonly tokenHeader?: string;
  /** By the route's name in the path. */
  readonly routes: Readonly<Record<string, GatewayRoute>>;
  /** The agent's own, for its proxy and certificate variables. */
  readonly env: Environment;
}

export interface Gateway {
  /** `http://127.0.0.1:48124/gateway`; a session's base URL is `<url>/<sessionId>/<route>`. */
  readonly url: string;
  readonly port: number;
  /** Takes calls that carry the session's token; the returned function ends that and is idempotent. */
  register(session: GatewaySession): () => void;
  /** Cuts what is under way and stops listening. */
  close(): Promise<void>;
}

export interface GatewayOptions {
  readonly desk: GatewayDesk;
  /** The port of the last run, so that agents that outlived the app still reach it. */
  readonly preferredPort?: number;
  readonly onRefused?: OnRefusedCall;
}

export type OpenGateway = (options: GatewayOptions) => Promise<Result<Gateway>>;

/** Where a launch is pointed at: `<baseUrl>/<route>`, with the token in a header and never in a URL or an argument. */
export interface MeterPoint {
  readonly baseUrl: string;
  readonly token: string;
}

/** A planned launch turned towards the gateway, or why this one cannot be: one sentence. */
export type Metering =
  | {
      readonly type: "metered";
      readonly args: readonly string[];
      readonly env: Environment;
      readonly routes: GatewaySession["routes"];
      readonly tokenHeader?: string;
    }
  | { readonly type: "unmetered"; readonly why: string };
