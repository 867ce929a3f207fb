/** OpenAI Responses (Codex) and Chat Completions (opencode), streamed or not. */
import { parseDirectives, type ToolDirective } from "./fakeModelDirectives.ts";
import {
  beginEvents,
  contentText,
  eachWord,
  records,
  sendJson,
  type FakeTrouble,
  type FakeTurn,
} from "./fakeModelTurn.ts";

type Item = Record<string, unknown>;

export async function answerResponses(turn: FakeTurn): Promise<void> {
  const input = turn.body["input"];
  const items = typeof input === "string" ? [{ type: "message", role: "user", content: input }] : records(input);
  const { prompt, toolsDone } = newestPrompt(items, {
    isToolResult: (item) => String(item["type"]).endsWith("_call_output"),
  });
  const tools = records(turn.body["tools"]);
  const directives = parseDirectives(prompt);
  turn.note({
    api: "responses",
    model: String(turn.body["model"]),
    prompt,
    conversation: conversationOf(items),
    hasTools: tools.length > 0,
  });
  const trouble = turn.trouble ?? promptedTrouble(directives.error);
  if (trouble !== undefined) return sendError(turn, trouble, { type: "server_error", code: "fake" });
  const wanted = directives.tools[toolsDone];
  // Title threads carry no tools; a call there would never be answered.
  const tool =
    wanted !== undefined && JSON.stringify(tools).includes(`"${wanted.name.split("::").at(-1)}"`) ? wanted : undefined;
  const item = tool === undefined ? messageItem(turn, directives.text) : callItem(turn, { tool, tools });
  await sendResponse(turn, item, directives.delayMs);
}

function promptedTrouble(status: number): FakeTrouble | undefined {
  return status > 0 ? { status, message: `fake error ${status}` } : undefined;
}

function sendError(turn: FakeTurn, { status, message, headers, error }: FakeTrouble, more: object): void {
  sendJson(turn.response, status, { error: { message, ...more, ...error } }, headers);
}

function messageItem(turn: FakeTurn, text: string | undefined): Item {
  const words = text ?? `Fake answer #${turn.sequence}: PONG`;
  return {
    type: "message",
    id: `msg_${turn.sequence}`,
    role: "assistant",
    status: "completed",
    content: [{ type: "output_text", text: words, annotations: [] }],
  };
}

function callItem(turn: FakeTurn, call: { tool: ToolDirective; tools: readonly Item[] }): Item {
  const { tool } = call;
  const declared = call.tools.find((known) => known["name"] === tool.name);
  const ids = { call_id: `call_${turn.sequence}`, status: "completed" };
  if (declared?.["type"] === "custom")
    return {
      type: "custom_tool_call",
      id: `ctc_${turn.sequence}`,
      ...ids,
      name: tool.name,
      input: tool.input["input"] ?? JSON.stringify(tool.input),
    };
  const [namespace, name] = tool.name.includes("::") ? tool.name.split("::") : [undefined, tool.name];
  return {
    type: "function_call",
    id: `fc_${turn.sequence}`,
    ...ids,
    ...(namespace === undefined ? {} : { namespace }),
    name,
    arguments: JSON.stringify(tool.input),
  };
}

async function sendResponse(turn: FakeTurn, item: Item, delayMs: number): Promise<void> {
  const { usage } = turn;
  const inputTokens = usage.input + usage.cacheRead;
  const done = {
    id: `resp_fake_${turn.sequence}`,
    object: "response",
    created_at: 1_795_000_000,
    status: "completed",
    model: turn.body["model"],
    output: [item],
    usage: {
      input_tokens: inputTokens,
      input_tokens_details: { cached_tokens: usage.cacheRead },
      output_tokens: usage.output,
      output_tokens_details: { reasoning_tokens: usage.reasoning },
      total_tokens: inputTokens + usage.output,
    },
  };
  if (turn.body["stream"] !== true) return sendJson(turn.response, 200, done);
  beginEvents(turn.response);
  let sequence_number = 0;
  const event = (type: string, fields: object): void => {
    turn.response.write(`event: ${type}\ndata: ${JSON.stringify({ type, sequence_number, ...fields })}\n\n`);
    sequence_number += 1;
  };
  event("response.created", { response: { ...done, status: "in_progress", output: [], usage: null } });
  await sendItem(event, item, delayMs);
  event("response.output_item.done", { output_index: 0, item });
  event("response.completed", { response: done });
  turn.response.end();
}

async function sendItem(event: (type: string, fields: object) => void, item: Item, delayMs: number): Promise<void> {
  const place = { item_id: item["id"], output_index: 0 };
  if (item["type"] !== "message") {
    event("response.output_item.added", { output_index: 0, item: { ...item, arguments: "", status: "in_progress" } });
    if (item["type"] !== "function_call") return;
    event("response.function_call_arguments.delta", { ...place, delta: item["arguments"] });
    event("response.function_call_arguments.done", { ...place, arguments: item["arguments"] });
    return;
  }
  const text = contentText(item["content"]);
  const part = { type: "output_text", text, annotations: [] };
  event("response.output_item.added", { output_index: 0, item: { ...item, status: "in_progress", content: [] } });
  event("response.content_part.added", { ...place, content_index: 0, part: { ...part, text: "" } });
  await eachWord(text, delayMs, (delta) => event("response.output_text.delta", { ...place, content_index: 0, delta }));
  event("response.output_text.done", { ...place, content_index: 0, text });
  event("response.content_part.done", { ...place, content_index: 0, part });
}

export async function answerChat(turn: FakeTurn): Promise<void> {
  const messages = records(turn.body["messages"]);
  const { prompt, toolsDone } = newestPrompt(messages, { isToolResult: (message) => message["role"] === "tool" });
  const hasTools = records(turn.body["tools"]).length > 0;
  const directives = parseDirectives(prompt);
  turn.note({
    api: "chat",
    model: String(turn.body["model"]),
    prompt,
    conversation: conversationOf(messages),
    hasTools,
  });
  const trouble = turn.trouble ?? promptedTrouble(directives.error);
  if (trouble !== undefined) return sendError(turn, trouble, {});
  const tool = hasTools ? directives.tools[toolsDone] : undefined;
  const text = directives.text ?? (hasTools ? `Fake answer #${turn.sequence}: PONG` : "Fake title");
  await sendChat(turn, { text, tool, delayMs: directives.delayMs });
}

async function sendChat(
  turn: FakeTurn,
  answer: { text: string; tool: ToolDirective | undefined; delayMs: number },
): Promise<void> {
  const { usage, response } = turn;
  const base = { id: `chatcmpl-${turn.sequence}`, created: 1_795_000_000, model: turn.body["model"] };
  const counts = {
    prompt_tokens: usage.input + usage.cacheRead,
    completion_tokens: usage.output,
    total_tokens: usage.input + usage.cacheRead + usage.output,
    prompt_tokens_details: { cached_tokens: usage.cacheRead },
    completion_tokens_details: { reasoning_tokens: usage.reasoning },
  };
  const tool_calls = answer.tool && [
    {
      index: 0,
      id: `call_${turn.sequence}`,
      type: "function",
      function: { name: answer.tool.name, arguments: JSON.stringify(answer.tool.input) },
    },
  ];
  const finish_reason = tool_calls === undefined ? "stop" : "tool_calls";
  if (turn.body["stream"] !== true) {
    const message = { role: "assistant", content: tool_calls === undefined ? answer.text : null, tool_calls };
    return sendJson(response, 200, {
      ...base,
      object: "chat.completion",
      choices: [{ index: 0, finish_reason, message }],
      usage: counts,
    });
  }
  beginEvents(response);
  const chunk = (fields: object): void => {
    response.write(`data: ${JSON.stringify({ ...base, object: "chat.completion.chunk", ...fields })}\n\n`);
  };
  const delta = (content: object, reason: string | null = null): void =>
    chunk({ choices: [{ index: 0, delta: content, finish_reason: reason }] });
  delta({ role: "assistant", content: "" });
  if (tool_calls === undefined) await eachWord(answer.text, answer.delayMs, (content) => delta({ content }));
  else delta({ tool_calls });
  delta({}, finish_reason);
  chunk({ choices: [], usage: counts });
  response.end("data: [DONE]\n\n");
}

function newestPrompt(
  items: readonly Item[],
  shape: { isToolResult: (item: Item) => boolean },
): { prompt: string; toolsDone: number } {
  let toolsDone = 0;
  for (const item of items.toReversed()) {
    if (shape.isToolResult(item)) toolsDone += 1;
    else if (item["role"] === "user") return { prompt: contentText(item["content"]), toolsDone };
  }
  return { prompt: "", toolsDone };
}

function conversationOf(items: readonly Item[]): string {
  return items.map((item) => contentText(item["content"])).join("\n");
}
