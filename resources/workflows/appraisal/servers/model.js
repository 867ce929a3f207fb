/**
 * What stands in for a model behind the two Claude Codes of agents.yaml: it speaks Anthropic's Messages on this machine
 * and does what an ask says, one call at a time: tells that it begins, calls the tool, reports what came of it. It knows
 * nothing else. Tokens are counted as four characters each of what was said, so that budgets have something to count.
 */
import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

/** As long as a quick model takes, so that there is something to see. */
const THINKS_MS = Number(process.env.MODEL_THINKS_MS ?? 400);
const port = Number(process.argv[2] ?? 4517);
let answers = 0;

createServer((request, response) => {
  answerTo(request, response).catch((error) => {
    if (!response.headersSent) sendJson(response, 400, failed(String(error)));
  });
}).listen(port, "127.0.0.1", () => process.stdout.write(`A stand-in for a model answers on 127.0.0.1:${port}.\n`));

async function answerTo(request, response) {
  const path = (request.url ?? "").split("?")[0] ?? "";
  const body = await readJson(request);
  if (path.endsWith("/count_tokens")) return sendJson(response, 200, { input_tokens: tokensOf(body.messages) });
  if (!path.endsWith("/messages")) return sendJson(response, 404, failed(`Nothing answers at ${path}.`));
  await sleep(THINKS_MS);
  return send(response, body, thinkOf(body));
}

async function readJson(request) {
  let text = "";
  for await (const chunk of request) text += chunk;
  return text === "" ? {} : JSON.parse(text);
}

/** The next thing to say: words, or a call of one of Signalbox's tools. */
function thinkOf({ messages = [], tools = [] }) {
  // Without tools it is a question of the program's own, such as for a title.
  if (tools.length === 0) return { text: '{"title":"Appraisal"}' };
  const { ask, results } = newest(messages);
  const task = taskIn(ask);
  if (task === undefined) return { text: "I know nothing but the two asks of this example." };
  const { server, tool, args } = task;
  const [, found] = results;
  const moves = [
    { name: "report_progress", input: { text: `thinking… what ${tool} of ${server} knows` } },
    { name: "call_tool", input: { server, tool, args } },
    {
      name: "report_progress",
      input: { status: found?.isError === false ? "done" : "failed", text: found?.text.slice(0, 2000) ?? "" },
    },
  ];
  return moves[results.length] ?? { text: "Reported." };
}

/** The newest words that are not a tool's, and what tools answered since. */
function newest(messages) {
  const results = [];
  for (const { role, content } of messages.toReversed()) {
    if (role !== "user") continue;
    const parts = typeof content === "string" ? [{ type: "text", text: content }] : content;
    const words = textOf(parts).replace(/<system-reminder>[\s\S]*?<\/system-reminder>/g, "");
    if (words.trim() !== "") return { ask: words, results };
    const answered = parts.filter(({ type }) => type === "tool_result");
    results.unshift(...answered.map((part) => ({ text: resultText(part), isError: part.is_error === true })));
  }
  return { ask: "", results };
}

function textOf(parts) {
  return parts.flatMap(({ type, text }) => (type === "text" ? [text] : [])).join("\n");
}

function resultText({ content }) {
  return typeof content === "string" ? content : textOf(content ?? []);
}

/** "Call the tool T of the server S with", then `key: value` line by line. */
function taskIn(ask) {
  const found = /Call the tool (\S+) of the server (\S+) with\r?\n((?:\w+: .*(?:\r?\n|$))+)/.exec(ask);
  if (found === null) return undefined;
  const [, tool, server, lines] = found;
  const pairs = [...lines.matchAll(/^(\w+): (.*?)\r?$/gm)].map(([, key, value]) => [key, valueOf(value)]);
  return { tool, server, args: Object.fromEntries(pairs) };
}

function valueOf(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function send(response, body, thought) {
  answers += 1;
  const call = thought.name === undefined ? undefined : thought;
  const block =
    call === undefined
      ? { type: "text", text: thought.text }
      : { type: "tool_use", id: `toolu_${answers}`, name: `mcp__signalbox__${call.name}`, input: call.input };
  const usage = { input_tokens: tokensOf(body.messages), output_tokens: tokensOf(block) };
  const stop_reason = call === undefined ? "end_turn" : "tool_use";
  const message = { id: `msg_${answers}`, type: "message", role: "assistant", model: body.model, stop_sequence: null };
  if (body.stream !== true) return sendJson(response, 200, { ...message, content: [block], stop_reason, usage });
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
  const event = (type, fields) => response.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`);
  event("message_start", { message: { ...message, content: [], stop_reason: null, usage: { ...usage, output_tokens: 1 } } });
  const empty = call === undefined ? { type: "text", text: "" } : { ...block, input: {} };
  const delta =
    call === undefined
      ? { type: "text_delta", text: block.text }
      : { type: "input_json_delta", partial_json: JSON.stringify(block.input) };
  event("content_block_start", { index: 0, content_block: empty });
  event("content_block_delta", { index: 0, delta });
  event("content_block_stop", { index: 0 });
  event("message_delta", { delta: { stop_reason, stop_sequence: null }, usage });
  event("message_stop", {});
  response.end();
}

function tokensOf(value) {
  return Math.ceil((JSON.stringify(value) ?? "").length / 4);
}

function failed(message) {
  return { type: "error", error: { type: "invalid_request_error", message } };
}

function sendJson(response, status, body) {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}
