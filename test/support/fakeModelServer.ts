/**
 * A model provider for tests: real agent CLIs talk to it instead of to Anthropic, OpenAI or Google. Loopback only.
 * The prompt says what to answer (fakeModelDirectives.ts); request n reports distinctive usage so that tests can assert equality.
 */
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

import { answerAnthropic } from "./fakeModelAnthropic.ts";
import { answerGemini } from "./fakeModelGemini.ts";
import { answerChat, answerResponses } from "./fakeModelOpenai.ts";
import { isRecord, sendJson, usageOf, type FakeRequest, type FakeTrouble, type FakeTurn } from "./fakeModelTurn.ts";

export interface FakeModelServer {
  readonly url: string;
  /** Answered requests with a prompt, in order. */
  readonly requests: readonly FakeRequest[];
  /** From now on every request is answered so; undefined: as the prompts say again. */
  setTrouble(trouble: FakeTrouble | undefined): void;
  /** The network is gone: connections break, new ones are refused. */
  cut(): Promise<void>;
  /** It is back, at the same address. */
  restore(): Promise<void>;
  close(): Promise<void>;
}

export interface FakeModelOptions {
  /** Each answer names its request in a header, as Anthropic's do and those of relays often do not. */
  readonly hasRequestIds?: boolean;
}

export async function startFakeModelServer({ hasRequestIds = false }: FakeModelOptions = {}): Promise<FakeModelServer> {
  const requests: FakeRequest[] = [];
  let sequence = 0;
  let trouble: FakeTrouble | undefined;
  const server = createServer((request, response) => {
    void (async () => {
      const body = await readJson(request);
      sequence += 1;
      const number = sequence;
      const usage = usageOf(number);
      if (hasRequestIds) response.setHeader("request-id", `req_fake_${number}`);
      await route((request.url ?? "").split("?")[0] ?? "", {
        sequence: number,
        usage,
        response,
        body,
        trouble,
        note: (known) => {
          const noted: FakeRequest = { ...known, sequence: number, usage, at: Date.now() };
          requests.push(noted);
          response.once("close", () => {
            noted.endedAt = Date.now();
            noted.cutOff = !response.writableFinished;
            noted.status = response.statusCode;
          });
        },
      });
    })().catch((error: unknown) => sendJson(response, 500, { error: { message: String(error) } }));
  });
  const listen = (port: number): Promise<void> =>
    new Promise((resolve) => server.listen(port, "127.0.0.1", () => resolve()));
  const stop = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  await listen(0);
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    setTrouble: (next) => (trouble = next),
    cut: stop,
    restore: () => listen(port),
    close: stop,
  };
}

async function route(path: string, turn: FakeTurn): Promise<void> {
  const gemini = /\/models\/([^/:]+):(\w+)$/.exec(path);
  if (path.endsWith("/messages/count_tokens")) sendJson(turn.response, 200, { input_tokens: 4321 });
  else if (path.endsWith("/messages")) await answerAnthropic(turn);
  else if (path.endsWith("/responses")) await answerResponses(turn);
  else if (path.endsWith("/chat/completions")) await answerChat(turn);
  else if (gemini !== null) await answerGemini(turn, { model: gemini[1] ?? "", operation: gemini[2] ?? "" });
  else if (path.endsWith("/models")) sendJson(turn.response, 200, { object: "list", data: [], models: [] });
  else
    sendJson(turn.response, 404, { error: { type: "not_found_error", message: `The fake model knows no ${path}.` } });
}

async function readJson(request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString("utf8");
  if (text === "") return {};
  const parsed: unknown = JSON.parse(text);
  return isRecord(parsed) ? parsed : {};
}
