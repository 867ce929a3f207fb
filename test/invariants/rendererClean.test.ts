/** The page's bundle: browser code only, and an index.html that a strict content policy lets through. */
import { readFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { build, type Rolldown } from "vite";
import { expect, test } from "vitest";

const root = dirname(dirname(import.meta.dirname));
/** Fewer modules of our own and the build did not see the page. */
const OWN_MODULES_AT_LEAST = 50;

async function bundlePage(): Promise<readonly (Rolldown.OutputChunk | Rolldown.OutputAsset)[]> {
  const built = await build({ configFile: join(root, "vite.config.ts"), logLevel: "silent", build: { write: false } });
  if (!Array.isArray(built) && "output" in built) return built.output;
  throw new Error("vite watched instead of building");
}

const output = bundlePage();
const chunks = async () => (await output).filter((file) => file.type === "chunk");
const moduleIds = async () => (await chunks()).flatMap((chunk) => chunk.moduleIds);

test("no module of the page comes from the main process or from Node", async () => {
  const ids = await moduleIds();
  const own = ids
    .filter((id) => id.startsWith(root) && !id.includes("node_modules"))
    .map((id) => relative(root, id).split(sep).join("/"));
  expect(own.length).toBeGreaterThan(OWN_MODULES_AT_LEAST);
  expect(own.filter((id) => !/^(renderer|shared)\//.test(id))).toEqual([]);
  // Vite puts this stub where a module asked for Node.
  expect(ids.filter((id) => id.startsWith("node:") || id.includes("__vite-browser-external"))).toEqual([]);
});

test("no chunk imports anything but other chunks, and none evaluates text", async () => {
  const all = await chunks();
  const names = new Set(all.map((chunk) => chunk.fileName));
  expect(
    all.flatMap((chunk) => [...chunk.imports, ...chunk.dynamicImports]).filter((name) => !names.has(name)),
  ).toEqual([]);
  expect(
    all.filter((chunk) => /\bnew Function\(|(?<![.\w])eval\(/.test(chunk.code)).map((chunk) => chunk.fileName),
  ).toEqual([]);
});

test("the page has no inline script, no handler attribute and no address of another host", async () => {
  const page = (await output).find((file) => file.fileName === "index.html");
  const html = page?.type === "asset" ? String(page.source) : "";
  expect(html).toContain("<script");
  expect([...html.matchAll(/<script(?![^>]*\bsrc=)[^>]*>/g)].map(([tag]) => tag)).toEqual([]);
  expect([...html.matchAll(/\son[a-z]+=/g)].map(([attribute]) => attribute)).toEqual([]);
  expect([...html.matchAll(/(?:src|href)="(?:https?:)?\/\/[^"]*"/g)].map(([address]) => address)).toEqual([]);
});

test("the source of the page names its only entry", () => {
  expect(readFileSync(join(root, "renderer", "index.html"), "utf8")).toMatch(
    /<script type="module" src="[^"]+\.tsx"><\/script>/,
  );
});
