/**
 * A model provider for tests: real agent CLIs talk to it instead of to Anthropic, OpenAI or Google. Loopback only.
 * The prompt says what to answer (fakeModelDirectives.ts); request n reports distinctive usage so that tests can assert equality.
 */
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

import { answerAnthropic } from "./fakeModelAnthropic.ts";
import { answerGemini } from "./fakeModelGemini.ts";
import { answerChat, answerResponses } from "./fakeModelOpenai.ts";
import { isRecord, sendJson, usageOf, type FakeRequest, type FakeTurn } from "./fakeModelTurn.ts";

export interface FakeModelServer {
  readonly url: string;
  /** Answered requests with a prompt, in order. */
  readonly requests: readonly FakeRequest[];
  close(): Promise<void>;
}

export async function startFakeModelServer(): Promise<FakeModelServer> {
  const requests: FakeRequest[] = [];
  let sequence = 0;
  const server = createServer((request, response) => {
    void (async () => {
      const body = await readJson(request);
      sequence += 1;
      const number = sequence;
      const usage = usageOf(number);
      await route((request.url ?? "").split("?")[0] ?? "", {
        sequence: number,
        usage,
        response,
        body,
        note: (known) => requests.push({ ...known, sequence: number, usage }),
      });
    })().catch((error: unknown) => sendJson(response, 500, { error: { message: String(error) } }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
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
