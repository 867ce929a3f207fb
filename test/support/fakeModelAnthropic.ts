/** Anthropic Messages, streamed or not. */
import { parseDirectives, type Directives } from "./fakeModelDirectives.ts";
import {
  beginEvents,
  contentText,
  eachWord,
  records,
  sendJson,
  type FakeTrouble,
  type FakeTurn,
} from "./fakeModelTurn.ts";

type Block = { type: "text"; text: string } | { type: "tool_use"; id: string; name: string; input: unknown };

export async function answerAnthropic(turn: FakeTurn): Promise<void> {
  const messages = records(turn.body["messages"]);
  const { prompt, toolsDone } = newestPrompt(messages);
  const hasTools = records(turn.body["tools"]).length > 0;
  const directives = parseDirectives(prompt);
  const conversation = messages.map((message) => `${contentText(message["content"])}${resultText(message)}`).join("\n");
  turn.note({ api: "anthropic", model: String(turn.body["model"]), prompt, conversation, hasTools });
  if (turn.trouble !== undefined) return sendError(turn, turn.trouble);
  // Requests without tools are auxiliary (titles): they never fail and never call a tool.
  if (directives.error > 0 && hasTools)
    return sendError(turn, { status: directives.error, message: `fake error ${directives.error}` });
  const tool = hasTools ? directives.tools[toolsDone] : undefined;
  const text = directives.text ?? (hasTools ? `Fake answer #${turn.sequence}: PONG` : '{"title":"Fake title"}');
  const blocks: Block[] =
    tool === undefined
      ? [{ type: "text", text }]
      : [
          { type: "text", text: `Calling ${tool.name}.` },
          { type: "tool_use", id: `toolu_fake_${turn.sequence}`, name: tool.name, input: tool.input },
        ];
  await send(turn, blocks, directives);
}

/** The newest user message with words of its own; tool results after it count as done calls. */
function newestPrompt(messages: readonly Record<string, unknown>[]): { prompt: string; toolsDone: number } {
  let toolsDone = 0;
  for (const message of messages.toReversed()) {
    if (message["role"] !== "user") continue;
    const words = contentText(message["content"]);
    const own = words
      .replace(/<system-reminder>[\s\S]*?<\/system-reminder>/g, "")
      .replace(/\[Request interrupted[^\]]*\]/g, "");
    if (own.trim() !== "") return { prompt: words, toolsDone };
    toolsDone += records(message["content"]).filter((part) => part["type"] === "tool_result").length;
  }
  return { prompt: "", toolsDone };
}

/** What its tools answered. */
function resultText(message: Record<string, unknown>): string {
  const results = records(message["content"]).filter((part) => part["type"] === "tool_result");
  return results.map((part) => contentText(part["content"])).join("\n");
}

function sendError(turn: FakeTurn, { status, message, headers, error }: FakeTrouble): void {
  const types: Record<number, string> = {
    401: "authentication_error",
    429: "rate_limit_error",
    529: "overloaded_error",
  };
  const body = { type: "error", error: { type: types[status] ?? "api_error", message, ...error } };
  sendJson(turn.response, status, body, headers);
}

async function send(turn: FakeTurn, blocks: readonly Block[], directives: Directives): Promise<void> {
  const usage = {
    input_tokens: turn.usage.input,
    cache_creation_input_tokens: turn.usage.cacheWrite,
    cache_read_input_tokens: turn.usage.cacheRead,
    output_tokens: turn.usage.output,
    service_tier: "standard",
  };
  const stop_reason = blocks.some((block) => block.type === "tool_use") ? "tool_use" : "end_turn";
  const message = {
    id: `msg_fake_${turn.sequence}`,
    type: "message",
    role: "assistant",
    model: turn.body["model"],
    stop_sequence: null,
  };
  if (turn.body["stream"] !== true)
    return sendJson(turn.response, 200, { ...message, content: blocks, stop_reason, usage });
  beginEvents(turn.response);
  const event = (type: string, fields: object): void => {
    turn.response.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`);
  };
  event("message_start", {
    message: { ...message, content: [], stop_reason: null, usage: { ...usage, output_tokens: 1 } },
  });
  for (const [index, block] of blocks.entries()) await sendBlock(event, { index, block, delayMs: directives.delayMs });
  event("message_delta", { delta: { stop_reason, stop_sequence: null }, usage });
  event("message_stop", {});
  turn.response.end();
}

async function sendBlock(
  event: (type: string, fields: object) => void,
  part: { index: number; block: Block; delayMs: number },
): Promise<void> {
  const { index, block } = part;
  if (block.type === "text") {
    event("content_block_start", { index, content_block: { type: "text", text: "" } });
    await eachWord(block.text, part.delayMs, (text) =>
      event("content_block_delta", { index, delta: { type: "text_delta", text } }),
    );
  } else {
    event("content_block_start", { index, content_block: { ...block, input: {} } });
    event("content_block_delta", {
      index,
      delta: { type: "input_json_delta", partial_json: JSON.stringify(block.input) },
    });
  }
  event("content_block_stop", { index });
}
