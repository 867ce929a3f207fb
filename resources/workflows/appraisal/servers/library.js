/** Library: finds what is known about a thing in the notes of a folder. Two ways: the card index, and reading the shelf. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { answer, failure, serve } from "./serve.js";

const found = z.object({
  title: z.string(),
  about: z.string(),
  page: z.string(),
  sales: z.array(z.object({ year: z.number(), price: z.number() })),
  score: z.number(),
  way: z.string(),
});
const folder = z.string().describe("Absolute path of a folder with notes");
const words = z.string().describe("What to look for");

await serve("library", (server) => {
  server.registerTool(
    "look_up",
    {
      title: "Look up in the card index",
      description: "Finds a note through the folder's card index (index.json). Fails where there is no index.",
      inputSchema: z.object({ words, folder, index: z.string().default("index.json") }),
      outputSchema: found,
      annotations: { readOnlyHint: true },
    },
    async ({ words: text, folder: at, index }) => {
      let cards;
      try {
        cards = JSON.parse(await readFile(join(at, index), "utf8"));
      } catch {
        return failure(`not found: the library has no card index ${index}. Read the shelf instead.`);
      }
      const ranked = rank(Object.entries(cards).map(([file, keywords]) => ({ file, text: keywords.join(" ") })), text);
      if (ranked === undefined) return failure(`not found: no card is about "${text}".`);
      return answer({ ...toFound(await readFile(join(at, ranked.file), "utf8"), ranked.score), way: "card index" });
    },
  );
  server.registerTool(
    "read_shelf",
    {
      title: "Read the shelf",
      description: "Reads every note of the folder and finds the one that is most about the words. Slower, needs no index.",
      inputSchema: z.object({ words, folder }),
      outputSchema: found,
      annotations: { readOnlyHint: true },
    },
    async ({ words: text, folder: at }) => {
      const files = (await readdir(at)).filter((name) => name.endsWith(".md"));
      const notes = await Promise.all(
        files.map(async (file) => ({ file, text: await readFile(join(at, file), "utf8") })),
      );
      const ranked = rank(notes, text);
      if (ranked === undefined) return failure(`not found: no note is about "${text}".`);
      return answer({ ...toFound(ranked.text, ranked.score), way: "whole shelf" });
    },
  );
});

/** BM25 over the notes, k1 1.2 and b 0.75 as usual. */
function rank(notes, query) {
  const documents = notes.map((note) => ({ ...note, terms: termsOf(note.text) }));
  const mean = documents.reduce((sum, { terms }) => sum + terms.length, 0) / Math.max(1, documents.length);
  const wanted = [...new Set(termsOf(query))];
  const scored = documents.map((document) => {
    const score = wanted.reduce((sum, term) => {
      const count = document.terms.filter((one) => one === term).length;
      const holders = documents.filter(({ terms }) => terms.includes(term)).length;
      const rarity = Math.log(1 + (documents.length - holders + 0.5) / (holders + 0.5));
      return sum + (rarity * count * 2.2) / (count + 1.2 * (0.25 + (0.75 * document.terms.length) / mean));
    }, 0);
    return { ...document, score: Math.round(score * 100) / 100 };
  });
  const best = scored.toSorted((one, other) => other.score - one.score)[0];
  return best === undefined || best.score <= 0 ? undefined : best;
}

function termsOf(text) {
  return text.toLowerCase().match(/[a-z]{3,}/g) ?? [];
}

/** A note is a heading, words, "Page: name.html", and lines of sales "- 1974: 320". */
function toFound(note, score) {
  const [heading = "", ...lines] = note.split("\n");
  const sales = lines.flatMap((line) => {
    const sale = /^- (\d{4}): (\d+)$/.exec(line);
    return sale === null ? [] : [{ year: Number(sale[1]), price: Number(sale[2]) }];
  });
  const page = lines.find((line) => line.startsWith("Page: "))?.slice(6) ?? "";
  const about = lines.filter((line) => line !== "" && !line.startsWith("- ") && !line.startsWith("Page: ")).join(" ");
  return { title: heading.replace(/^# /, ""), about, page, sales, score };
}
