/** One admitted request from its head to its settlement: asked for, passed on, read at the edge, told. */
import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";

import type {
  GatewayCall,
  GatewayDesk,
  GatewayOutcome,
  GatewayRoute,
  GatewaySession,
  PlanLimit,
} from "#core/ports/gateway.ts";
import { GATEWAY_TOKEN_HEADER } from "#core/ports/gateway.ts";
import { LimitReader } from "./planLimit.ts";
import { passThrough, type Answer, type PassageEnd } from "./passThrough.ts";
import { budgetRefusal, gatewayRefusal, upstreamFailure, type OwnAnswer } from "./refusals.ts";
import { readHead, type RequestHead } from "./requestHead.ts";
import type { RequestPath } from "./requestPath.ts";
import type { UpstreamAgents } from "./upstreamAgents.ts";
import { usageReport, type EndedRequest } from "./usageReport.ts";
import type { UsageSeen } from "./usageReaders.ts";
import { usageTap, type UsageTap } from "./usageTap.ts";

/** Long conversations with images reach tens of megabytes (Anthropic takes 32 MB, Google 20); files go beyond. */
export const MAX_REQUEST = 256 * 1024 * 1024;
export const TOO_LARGE = gatewayRefusal(413, "The request is larger than 256 MB.");

export interface House {
  readonly desk: GatewayDesk;
  readonly agents: UpstreamAgents;
}

export interface Ends {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

export interface Admitted {
  readonly path: RequestPath;
  readonly session: GatewaySession;
  readonly route: GatewayRoute;
  /** Whether its agent still lives: it may have ended while its request waited. */
  readonly isOpen: () => boolean;
}

export class Exchange {
  readonly #house: House;
  readonly #ends: Ends;
  readonly #admitted: Admitted;
  readonly #beganAt = performance.now();
  readonly #upstream: URL;
  #answer: Answer | undefined;
  #tap: UsageTap | undefined;
  #limit: LimitReader | undefined;
  /** What the desk has heard of the provider's words so far. */
  #told: Pick<UsageSeen, "messageId" | "tokens"> = {};

  constructor(house: House, ends: Ends, admitted: Admitted) {
    this.#house = house;
    this.#ends = ends;
    this.#admitted = admitted;
    this.#upstream = upstreamOf(admitted.route, ends.request);
  }

  async run(): Promise<void> {
    const { path } = this.#admitted;
    if (path.isFree) return this.#unmetered();
    const { request, response } = this.#ends;
    const needsBody = path.model === undefined && path.api !== "other";
    const head = needsBody ? await readHead(request) : { chunks: [] };
    const call = this.#call(head);
    const verdict = await this.#authorize(call);
    if (!verdict.allow) return reply(request, response, budgetRefusal(path.api, verdict.sentence));
    const reserved = verdict.reservationId === undefined ? {} : { reservationId: verdict.reservationId };
    const failed = (error: unknown): PassageEnd => ({ how: "unreachable", why: String(error) });
    const end = this.#admitted.isOpen() ? await this.#pass(head, call).catch(failed) : failed("its agent has ended");
    await this.#settle(call, reserved, end);
  }

  async #unmetered(): Promise<void> {
    this.#fail(await this.#pass({ chunks: [] }));
  }

  #call(head: RequestHead): GatewayCall {
    const { path, session, route } = this.#admitted;
    const model = path.model ?? head.model;
    const bytes = Number(this.#ends.request.headers["content-length"]);
    return {
      id: randomUUID(),
      sessionId: session.sessionId,
      agent: session.agent,
      provider: route.provider,
      api: path.api,
      ...(model === undefined ? {} : { model }),
      ...(Number.isSafeInteger(bytes) ? { estimate: { inputTokens: Math.ceil(bytes / 4) } } : {}),
    };
  }

  /** A budget that cannot be asked is a closed one: a bug must not be a way to spend. */
  async #authorize(call: GatewayCall): ReturnType<GatewayDesk["authorize"]> {
    const gone = new AbortController();
    const hungUp = (): void => gone.abort();
    this.#ends.response.once("close", hungUp);
    try {
      return await this.#house.desk.authorize(call, gone.signal);
    } catch {
      const sentence = "Signalbox could not check the token budget, so nothing was sent. Its log says why; try again.";
      return { allow: false, level: "hard", sentence };
    } finally {
      this.#ends.response.off("close", hungUp);
    }
  }

  #pass(head: RequestHead, call?: GatewayCall): Promise<PassageEnd> {
    const { path, session } = this.#admitted;
    const upstream = this.#upstream;
    return passThrough({
      ...this.#ends,
      head: head.chunks,
      target: { upstream, rest: path.rest, agent: this.#house.agents.for(upstream, session.env) },
      ownHeaders: new Set([GATEWAY_TOKEN_HEADER, session.tokenHeader ?? GATEWAY_TOKEN_HEADER]),
      maxBytes: MAX_REQUEST,
      onAnswer: (answer) => (call === undefined ? undefined : this.#onAnswer(answer, call)),
    });
  }

  #onAnswer(answer: Answer, call: GatewayCall): ((chunk: Uint8Array) => void) | undefined {
    this.#answer = answer;
    const { api } = call;
    if (api === "other") return undefined;
    if (answer.status === 429) {
      const limit = new LimitReader(answer, this.#ends.request);
      this.#limit = limit;
      return (chunk) => limit.push(chunk);
    }
    if (answer.status >= 300) return undefined;
    const { "content-type": contentType = "", "content-encoding": contentEncoding = "" } = answer.headers;
    const tap = usageTap({ api, contentType, contentEncoding });
    this.#tap = tap;
    return (chunk) => {
      tap.push(chunk);
      this.#tellProgress(call, answer, tap.peek());
    };
  }

  /** Once the provider's id is known and once its first count is: what is left of this request if the core dies now. */
  #tellProgress(call: GatewayCall, answer: Answer, seen: UsageSeen): void {
    const isNews =
      seen.messageId !== this.#told.messageId || (seen.tokens !== undefined && this.#told.tokens === undefined);
    if (!isNews) return;
    this.#told = seen;
    this.#house.desk.progress(call, usageReport(this.#ended(call, { answer, seen, how: "cut" })));
  }

  #ended(
    call: GatewayCall,
    { answer, seen, how }: Pick<EndedRequest, "seen" | "how"> & { answer: Answer },
  ): EndedRequest {
    return {
      call,
      status: answer.status,
      requestHeaders: this.#ends.request.headers,
      answerHeaders: answer.headers,
      seen,
      how,
      at: new Date().toISOString(),
      durationMs: Math.round(performance.now() - this.#beganAt),
    };
  }

  async #settle(call: GatewayCall, reserved: { reservationId?: string }, end: PassageEnd): Promise<void> {
    const outcome = call.api === "other" ? undefined : await this.#outcome(call, end);
    this.#house.desk.settle({ call, ...reserved, ...outcome });
    this.#fail(end);
  }

  /** Nothing where the provider took nothing: it was not reached, or sent the client elsewhere. */
  async #outcome(call: GatewayCall, end: PassageEnd): Promise<Pick<GatewayOutcome, "report" | "limit"> | undefined> {
    const answer = this.#answer ?? (end.how === "hung_up" ? { status: 0, headers: {} } : undefined);
    if (answer === undefined || (answer.status >= 300 && answer.status < 400)) return undefined;
    const seen = await this.#tap?.finish();
    const report = usageReport(this.#ended(call, { answer, seen, how: end.how }));
    const limit = this.#limit?.limit(Date.now()) ?? this.#limitWithin(answer, seen);
    return limit === undefined ? { report } : { report, limit };
  }

  #limitWithin(answer: Answer, seen: UsageSeen | undefined): PlanLimit | undefined {
    if (seen?.refusal === undefined) return undefined;
    return new LimitReader(answer, this.#ends.request).limitWithin(seen.refusal, Date.now());
  }

  /** Where no answer came from the provider the gateway says so in its stead. */
  #fail(end: PassageEnd): void {
    const { request, response } = this.#ends;
    if (response.headersSent || response.destroyed) return;
    if (end.how === "too_large") reply(request, response, TOO_LARGE);
    if (end.how === "unreachable")
      reply(
        request,
        response,
        upstreamFailure(
          this.#admitted.path.api,
          `${this.#upstream.host} could not be reached through Signalbox's metering gateway: ${end.why}. Check the connection.`,
        ),
      );
  }
}

/** One of two that were both fixed at the launch. */
function upstreamOf(route: GatewayRoute, request: IncomingMessage): URL {
  const { alternative } = route;
  const isOther = alternative !== undefined && request.headers[alternative.header] !== undefined;
  return new URL(isOther ? alternative.upstream : route.upstream);
}

export function reply(request: IncomingMessage, response: ServerResponse, answer: OwnAnswer): void {
  if (response.headersSent || response.destroyed) return;
  // What is left of the body is read and forgotten, so that the client gets to reading the answer.
  request.resume();
  const length = Buffer.byteLength(answer.body);
  response.writeHead(answer.status, { ...answer.headers, "content-length": length, connection: "close" });
  response.end(answer.body);
}
