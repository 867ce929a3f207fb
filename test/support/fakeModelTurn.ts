/** One answer of the fake model in the making: what its protocols share. */
import type { ServerResponse } from "node:http";

export interface FakeUsage {
  readonly input: number;
  readonly output: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
  readonly reasoning: number;
}

export interface FakeRequest {
  readonly sequence: number;
  readonly api: "anthropic" | "responses" | "chat" | "gemini";
  readonly model: string;
  /** The newest text of the person; empty when there is none. */
  readonly prompt: string;
  /** All text of the conversation as sent: shows whether a resumed session still knows its past. */
  readonly conversation: string;
  readonly hasTools: boolean;
  readonly usage: FakeUsage;
  /** Wall-clock ms: what a CLI says of itself is compared with this. */
  readonly at: number;
  /** When the answer was sent to its end, or the CLI hung up; undefined while it goes on. */
  endedAt?: number;
  /** The CLI hung up before the answer was complete. */
  cutOff?: boolean;
  /** What it was answered with, once it ended; usage is told with 200 only. */
  status?: number;
}

/** What the provider answers instead, to every request, until it is taken back. */
export interface FakeTrouble {
  readonly status: number;
  readonly message: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Merged into the error object of the body: codes and reset times in the provider's own words. */
  readonly error?: Readonly<Record<string, unknown>>;
}

/** One answer in the making, shared by the four protocols. */
export interface FakeTurn {
  readonly sequence: number;
  readonly usage: FakeUsage;
  readonly response: ServerResponse;
  readonly body: Record<string, unknown>;
  readonly trouble: FakeTrouble | undefined;
  note(request: Omit<FakeRequest, "sequence" | "usage" | "at" | "endedAt" | "cutOff" | "status">): void;
}

export function usageOf(sequence: number): FakeUsage {
  return {
    input: 1000 + sequence,
    output: 100 + sequence,
    cacheRead: 5000 + sequence,
    cacheWrite: 300 + sequence,
    reasoning: 7,
  };
}

export function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  if (response.writableEnded) return;
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify(body));
}

export function beginEvents(response: ServerResponse): void {
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
}

/** Words one after the other with the wanted pause; this is a model at work, not a test that waits. */
export async function eachWord(text: string, delayMs: number, send: (word: string) => void): Promise<void> {
  for (const word of text.split(/(?<= )/)) {
    send(word);
    if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs));
  }
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function records(value: unknown): readonly Record<string, unknown>[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

/** Text of a message whose content is a string or a list of parts. */
export function contentText(content: unknown): string {
  if (typeof content === "string") return content;
  return records(content)
    .map((part) => (typeof part["text"] === "string" ? part["text"] : ""))
    .join("\n");
}
