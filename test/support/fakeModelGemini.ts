/** Gemini generateContent, streamed or not, and the router's JSON-schema calls. */
import { parseDirectives, type ToolDirective } from "./fakeModelDirectives.ts";
import {
  beginEvents,
  contentText,
  eachWord,
  isRecord,
  records,
  sendJson,
  type FakeTrouble,
  type FakeTurn,
} from "./fakeModelTurn.ts";

export async function answerGemini(turn: FakeTurn, call: { model: string; operation: string }): Promise<void> {
  if (call.operation === "countTokens") return sendJson(turn.response, 200, { totalTokens: 1234 });
  const contents = records(turn.body["contents"]);
  const { prompt, toolsDone } = newestPrompt(contents);
  const hasTools = records(turn.body["tools"]).some((tool) => records(tool["functionDeclarations"]).length > 0);
  const directives = parseDirectives(prompt);
  turn.note({
    api: "gemini",
    model: call.model,
    prompt,
    conversation: contents.map((content) => contentText(content["parts"])).join("\n"),
    hasTools,
  });
  const prompted = directives.error > 0 && hasTools ? { status: directives.error, message: "fake error" } : undefined;
  const trouble: FakeTrouble | undefined = turn.trouble ?? prompted;
  if (trouble !== undefined) {
    const { status, message, headers, error } = trouble;
    const body = { error: { code: status, message, status: "UNAVAILABLE", ...error } };
    return sendJson(turn.response, status, body, headers);
  }
  const tool = hasTools ? directives.tools[toolsDone] : undefined;
  const text = schemaAnswer(turn.body["generationConfig"]) ?? directives.text ?? `Fake answer #${turn.sequence}: PONG`;
  await send(turn, { ...call, text, tool, delayMs: directives.delayMs });
}

interface Answer {
  readonly model: string;
  readonly operation: string;
  readonly text: string;
  readonly tool: ToolDirective | undefined;
  readonly delayMs: number;
}

async function send(turn: FakeTurn, answer: Answer): Promise<void> {
  const { usage, response } = turn;
  const usageMetadata = {
    promptTokenCount: usage.input + usage.cacheRead,
    cachedContentTokenCount: usage.cacheRead,
    candidatesTokenCount: usage.output,
    thoughtsTokenCount: usage.reasoning,
    totalTokenCount: usage.input + usage.cacheRead + usage.output + usage.reasoning,
  };
  const chunk = (parts: readonly object[], isLast: boolean): object => ({
    candidates: [{ content: { role: "model", parts }, index: 0, ...(isLast ? { finishReason: "STOP" } : {}) }],
    ...(isLast ? { usageMetadata } : {}),
    modelVersion: answer.model,
    responseId: `gem_${turn.sequence}`,
  });
  const { tool } = answer;
  const call = tool === undefined ? undefined : [{ functionCall: { name: tool.name, args: tool.input } }];
  if (answer.operation === "generateContent")
    return sendJson(response, 200, chunk(call ?? [{ text: answer.text }], true));
  beginEvents(response);
  const event = (body: object): void => {
    response.write(`data: ${JSON.stringify(body)}\r\n\r\n`);
  };
  if (call === undefined) {
    await eachWord(answer.text, answer.delayMs, (text) => event(chunk([{ text }], false)));
    event(chunk([{ text: "" }], true));
  } else event(chunk(call, true));
  response.end();
}

function newestPrompt(contents: readonly Record<string, unknown>[]): { prompt: string; toolsDone: number } {
  let toolsDone = 0;
  for (const content of contents.toReversed()) {
    if (content["role"] !== "user") continue;
    const results = records(content["parts"]).filter((part) => part["functionResponse"] !== undefined).length;
    if (results === 0) return { prompt: contentText(content["parts"]), toolsDone };
    toolsDone += results;
  }
  return { prompt: "", toolsDone };
}

/** The model router asks for an object of a schema: the first of each enum, else a value of the right type. */
function schemaAnswer(config: unknown): string | undefined {
  const schema = isRecord(config) ? (config["responseJsonSchema"] ?? config["responseSchema"]) : undefined;
  const properties = isRecord(schema) ? schema["properties"] : undefined;
  if (!isRecord(properties)) return undefined;
  const entries = Object.entries(properties).map(([name, property]) => [name, sample(property)] as const);
  return JSON.stringify(Object.fromEntries(entries));
}

function sample(property: unknown): unknown {
  if (!isRecord(property)) return "user";
  const { enum: choices, type } = property;
  if (Array.isArray(choices)) return choices[0];
  if (/int|num/i.test(String(type))) return 1;
  return /bool/i.test(String(type)) ? false : "user";
}
