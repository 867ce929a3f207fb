/** logs and search: what agents printed. */
import { SecretMasker } from "#shared/lib/secrets.ts";
import { plural } from "#shared/lib/words.ts";
import { gapWords, type OutputGap } from "#shared/model/recording.ts";
import { show, withApp, wholeNumber } from "./command.ts";
import type { CliContext, Command } from "./command.ts";
import { usage } from "./outcome.ts";
import { PlainText } from "./plainText.ts";
import { readStream } from "./streaming.ts";

export const logCommands: Readonly<Record<string, Command>> = {
  logs: {
    usage: "logs ID [--follow] [--from OFFSET] [--raw] [--unmasked]",
    summary: "What an agent printed in all its lives, secrets masked; --raw: its exact bytes",
    options: {
      follow: { type: "boolean", short: "f" },
      from: { type: "string" },
      raw: { type: "boolean" },
      unmasked: { type: "boolean" },
    },
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
          handle: (item, bytes) => (item.gap === undefined ? print.chunk(item, bytes) : print.gap(item, item.gap)),
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
              if (item.incomplete > 0)
                context.out.complain(
                  `${plural(item.incomplete, "life", "lives")} could not be searched as a whole: output was removed.`,
                );
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
  /** Output that is gone: said beside the output, not in it. */
  gap(item: Chunk, gap: OutputGap): Promise<void>;
  end(): Promise<void>;
}

function rawPrinter({ out }: CliContext): Printer {
  return {
    chunk: (_item, bytes) => out.bytes(bytes),
    gap: async (_item, gap) => out.complain(gapWords(gap)),
    end: () => Promise.resolve(),
  };
}

function plainPrinter(context: CliContext): Printer {
  const { out } = context;
  let text = new ReadableText(context);
  const print = (plain: string): Promise<void> => out.bytes(Buffer.from(plain));
  return {
    chunk: (_item, bytes) => print(text.feed(bytes)),
    gap: async (_item, gap) => {
      await print(text.end());
      text = new ReadableText(context);
      out.complain(gapWords(gap));
    },
    end: () => print(text.end()),
  };
}

function jsonPrinter(context: CliContext): Printer {
  const text = new ReadableText(context);
  const isRaw = context.has("raw");
  return {
    chunk: ({ offset, sessionId }, bytes) => {
      const content = isRaw ? { base64: Buffer.from(bytes).toString("base64") } : { text: text.feed(bytes) };
      return context.out.json({ offset, sessionId, bytes: bytes.length, ...content });
    },
    gap: ({ offset, sessionId }, gap) => context.out.json({ offset, sessionId, bytes: 0, gap }),
    end: async () => {
      const rest = isRaw ? "" : text.end();
      if (rest !== "") await context.out.json({ bytes: 0, text: rest });
    },
  };
}

/** Terminal output as text without secrets; with --unmasked as it is. A follower gets every finished word at once. */
class ReadableText {
  readonly #plain = new PlainText();
  readonly #masker: SecretMasker | undefined;
  readonly #isLive: boolean;

  constructor(context: CliContext) {
    this.#masker = context.has("unmasked") ? undefined : new SecretMasker();
    this.#isLive = context.has("follow");
  }

  feed(bytes: Uint8Array): string {
    if (this.#masker === undefined) return this.#plain.feed(bytes);
    const ready = this.#plain.feed(this.#masker.push(bytes));
    return this.#isLive ? ready + this.#plain.feed(this.#masker.flush()) : ready;
  }

  end(): string {
    const rest = this.#masker === undefined ? "" : this.#plain.feed(this.#masker.end());
    return rest + this.#plain.end();
  }
}
