/** A gateway with a desk that writes everything down, before an upstream of the test's own; everything ends with `close`. */
import { createServer, request } from "node:http";
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

import type {
  Gateway,
  GatewayCall,
  GatewayOptions,
  GatewayOutcome,
  GatewayRoute,
  GatewaySession,
  GatewayVerdict,
} from "#core/ports/gateway.ts";
import type { RefusedCall } from "#core/ports/refusedCall.ts";
import type { UsageReport } from "#core/ports/usage.ts";
import { openGateway } from "#platform/gateway/gatewayServer.ts";

export interface GatewayHarness {
  readonly gateway: Gateway;
  readonly upstreamUrl: string;
  readonly calls: readonly GatewayCall[];
  readonly outcomes: readonly GatewayOutcome[];
  /** What the desk heard of requests under way. */
  readonly heard: readonly UsageReport[];
  /** What was refused at the door. */
  readonly refused: readonly RefusedCall[];
  /** What the desk says; at first it allows everything. */
  verdict: (call: GatewayCall) => GatewayVerdict | Promise<GatewayVerdict>;
  readonly register: (session?: Partial<GatewaySession>) => () => void;
  readonly call: (wanted?: GatewayRequest) => Promise<GatewayAnswer>;
  readonly close: () => Promise<void>;
}

export interface GatewayRequest {
  /** Below the session's base URL; absent: `/anthropic/v1/messages`. */
  readonly path?: string;
  readonly session?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

export interface GatewayAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly trailers: NodeJS.Dict<string>;
  /** The answer came to its proper end. */
  readonly isWhole: boolean;
}

export const TOKEN = "right-token";

export type Upstream = (request: IncomingMessage, response: ServerResponse) => unknown;

export async function gatewayHarness(
  upstream: Upstream,
  options: Pick<GatewayOptions, "preferredPort"> = {},
): Promise<GatewayHarness> {
  const server = createServer((request, response) => void upstream(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const upstreamUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const calls: GatewayCall[] = [];
  const outcomes: GatewayOutcome[] = [];
  const heard: UsageReport[] = [];
  const refused: RefusedCall[] = [];
  const opened = await openGateway({
    ...options,
    onRefused: (one) => refused.push(one),
    desk: {
      authorize: async (call) => {
        calls.push(call);
        return harness.verdict(call);
      },
      flush: () => undefined,
      progress: (_call, report) => void heard.push(report),
      settle: (outcome) => void outcomes.push(outcome),
    },
  });
  if (!opened.ok) throw new Error(opened.error.message);
  const gateway = opened.value;
  const route = (provider: string): GatewayRoute => ({ provider, upstream: upstreamUrl });
  const routes = { anthropic: route("anthropic"), openai: route("openai"), gemini: route("google") };
  const harness: GatewayHarness = {
    gateway,
    upstreamUrl,
    calls,
    outcomes,
    heard,
    refused,
    verdict: () => ({ allow: true, reservationId: `r${calls.length}` }),
    register: (session) =>
      gateway.register({ sessionId: "s1", agent: "claude", token: TOKEN, routes, env: {}, ...session }),
    call: (wanted = {}) => callGateway(gateway, wanted),
    async close() {
      await gateway.close();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
  return harness;
}

export function callGateway(gateway: Gateway, wanted: GatewayRequest): Promise<GatewayAnswer> {
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        host: "127.0.0.1",
        port: gateway.port,
        // Not as a URL, which would tidy the path up.
        path: `/gateway/${wanted.session ?? "s1"}${wanted.path ?? "/anthropic/v1/messages"}`,
        method: wanted.method ?? "POST",
        headers: { "x-signalbox-gateway": TOKEN, "content-type": "application/json", ...wanted.headers },
      },
      (response) => void readAnswer(response).then(resolve),
    );
    sent.on("error", reject);
    sent.end(wanted.body ?? '{"model":"claude-x","messages":[]}');
  });
}

async function readAnswer(response: IncomingMessage): Promise<GatewayAnswer> {
  const chunks: Buffer[] = [];
  await new Promise<void>((resolve) => {
    response.on("data", (chunk: Buffer) => chunks.push(chunk));
    response.on("error", () => {});
    response.on("close", resolve);
  });
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    body: Buffer.concat(chunks),
    trailers: response.trailers,
    isWhole: response.complete,
  };
}
