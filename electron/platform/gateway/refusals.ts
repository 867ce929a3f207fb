/**
 * What an agent is told when the gateway itself answers: the provider's own error shape, with a status the real CLIs
 * show as a sentence and do not retry (measured with Claude Code 2.1.329, Codex 0.169, Gemini CLI 0.61, opencode 1.18.33).
 */
import type { GatewayApi } from "#core/ports/gateway.ts";

export interface OwnAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** 403 makes Claude speak of a failed sign-in, 429 makes all of them wait and try again; Codex retries 402 and 403. */
const BUDGET_STATUS: Readonly<Record<GatewayApi, number>> = {
  anthropic: 402,
  openai_responses: 400,
  openai_chat: 402,
  gemini: 402,
  other: 402,
};

export function budgetRefusal(api: GatewayApi, sentence: string): OwnAnswer {
  return ownAnswer(api, { status: BUDGET_STATUS[api], kind: "budget", sentence });
}

/** Nothing was charged: the CLI's own retry is right here. */
export function upstreamFailure(api: GatewayApi, sentence: string): OwnAnswer {
  return ownAnswer(api, { status: 502, kind: "upstream", sentence });
}

export function gatewayRefusal(status: number, sentence: string): OwnAnswer {
  return ownAnswer("other", { status, kind: "refused", sentence });
}

const ANTHROPIC_TYPES = { budget: "billing_error", upstream: "api_error", refused: "invalid_request_error" };
const OPENAI_TYPES = { budget: "budget_exhausted", upstream: "server_error", refused: "invalid_request_error" };
const GOOGLE_STATES = { budget: "FAILED_PRECONDITION", upstream: "UNAVAILABLE", refused: "INVALID_ARGUMENT" };

interface Words {
  readonly status: number;
  readonly kind: keyof typeof ANTHROPIC_TYPES;
  readonly sentence: string;
}

function ownAnswer(api: GatewayApi, { status, kind, sentence }: Words): OwnAnswer {
  const headers = {
    "content-type": "application/json",
    "cache-control": "no-store",
    // Read by the providers' own client libraries; without it they guess from the status.
    "x-should-retry": kind === "upstream" ? "true" : "false",
  };
  return { status, headers, body: JSON.stringify(errorBody(api, { status, kind, sentence })) };
}

function errorBody(api: GatewayApi, { status, kind, sentence }: Words): unknown {
  switch (api) {
    case "anthropic":
      return { type: "error", error: { type: ANTHROPIC_TYPES[kind], message: sentence } };
    case "gemini":
      return { error: { code: status, message: sentence, status: GOOGLE_STATES[kind] } };
    case "openai_responses":
    case "openai_chat":
    case "other":
      return { error: { message: sentence, type: OPENAI_TYPES[kind], code: OPENAI_TYPES[kind], param: null } };
  }
}
