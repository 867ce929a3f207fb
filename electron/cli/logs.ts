/** logs and search: what agents printed. */
import { show, withApp, wholeNumber } from "./command.ts";
import type { CliContext, Command } from "./command.ts";
import { usage } from "./outcome.ts";
import { PlainText } from "./plainText.ts";
import { readStream } from "./streaming.ts";

export const logCommands: Readonly<Record<string, Command>> = {
  logs: {
    usage: "logs ID [--follow] [--from OFFSET] [--raw]",
    summary: "What an agent printed in all its lives; --raw: its exact bytes",
    options: { follow: { type: "boolean", short: "f" }, from: { type: "string" }, raw: { type: "boolean" } },
    takes: [1, 1],
    run: (context) => {
      const from = wholeNumber(context, "from");
      if (from === "invalid") return Promise.resolve(usage("--from takes a byte offset, a whole number from 0 on."));
      const print = context.out.isJson
        ? jsonPrinter(context)
        : context.has("raw")
          ? rawPrinter(context)
          : plainPrinter(context);
      return withApp(context, async (client) => {
        const outcome = await readStream(client, {
          name: "logs",
          input: { id: context.args[0] ?? "", from: from ?? 0, follow: context.has("follow") },
          isBytes: true,
          handle: (item, bytes) => print.chunk(item, bytes),
        });
        await print.end();
        return outcome;
      });
    },
  },
  search: {
    usage: "search TEXT [--id ID] [--limit N] [--case]",
    summary: "Search everything agents ever printed",
    options: { id: { type: "string" }, limit: { type: "string" }, case: { type: "boolean" } },
    takes: [1, 1],
    run: (context) => {
      const limit = wholeNumber(context, "limit");
      if (limit === "invalid") return Promise.resolve(usage("--limit takes a whole number."));
      const id = context.text("id");
      return withApp(context, (client) =>
        readStream(client, {
          name: "search",
          input: {
            text: context.args[0] ?? "",
            caseSensitive: context.has("case"),
            ...(id === undefined ? {} : { id }),
            ...(limit === undefined ? {} : { limit }),
          },
          isBytes: false,
          handle: async (item) => {
            if (item.type === "done") {
              if (item.truncated) context.out.complain("There is more; raise --limit to see it.");
              return;
            }
            for (const hit of item.hits) {
              await show(context, { ok: true, value: hit }, () => [
                `${hit.path}  ${hit.generation}:${hit.offset}  ${hit.line}`,
              ]);
            }
          },
        }),
      );
    },
  },
};

interface Chunk {
  readonly offset: number;
  readonly sessionId: string;
}
interface Printer {
  chunk(item: Chunk, bytes: Uint8Array): Promise<void>;
  end(): Promise<void>;
}

function rawPrinter({ out }: CliContext): Printer {
  return { chunk: (_item, bytes) => out.bytes(bytes), end: () => Promise.resolve() };
}

function plainPrinter({ out }: CliContext): Printer {
  const plain = new PlainText();
  return {
    chunk: (_item, bytes) => out.bytes(Buffer.from(plain.feed(bytes))),
    end: () => out.bytes(Buffer.from(plain.end())),
  };
}

function jsonPrinter(context: CliContext): Printer {
  const plain = new PlainText();
  const isRaw = context.has("raw");
  return {
    chunk: ({ offset, sessionId }, bytes) => {
      const content = isRaw ? { base64: Buffer.from(bytes).toString("base64") } : { text: plain.feed(bytes) };
      return context.out.json({ offset, sessionId, bytes: bytes.length, ...content });
    },
    end: () => Promise.resolve(),
  };
}
