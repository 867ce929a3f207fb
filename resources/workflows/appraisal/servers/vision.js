/** Vision: looks at a local picture by reading it: its format, its size, the colours that cover most of it. */
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { z } from "zod";
import { readPng } from "./png.js";
import { answer, failure, serve } from "./serve.js";

/** Names people use, at the place in the colour space where they mean it. */
const NAMES = {
  black: [20, 20, 20],
  white: [245, 245, 245],
  grey: [128, 128, 128],
  brass: [181, 146, 62],
  copper: [184, 115, 51],
  red: [190, 40, 40],
  green: [46, 120, 70],
  teal: [30, 120, 125],
  blue: [40, 80, 180],
  cream: [240, 228, 200],
  walnut: [92, 62, 42],
};

await serve("vision", (server) => {
  server.registerTool(
    "describe_image",
    {
      title: "Describe a picture",
      description: "Reads a local PNG picture and tells its format, size and main colours, and what its name says it shows.",
      inputSchema: z.object({ file: z.string().describe("Absolute path of a PNG picture") }),
      outputSchema: z.object({
        summary: z.string(),
        subject: z.string(),
        format: z.string(),
        width: z.number(),
        height: z.number(),
        bytes: z.number(),
        colours: z.array(z.object({ name: z.string(), hex: z.string(), share: z.number() })),
      }),
      annotations: { readOnlyHint: true },
    },
    async ({ file }) => {
      let data;
      try {
        data = await readFile(file);
      } catch {
        return failure(`not found: there is no picture ${file}.`);
      }
      const picture = readPng(data);
      if (typeof picture === "string") return failure(picture);
      return answer(describe(file, data.length, picture));
    },
  );
});

function describe(file, bytes, { width, height, pixels, channels }) {
  const colours = mainColours(pixels, channels);
  const subject = basename(file).replace(/\.[^.]+$/, "").replaceAll(/[-_]+/g, " ");
  const words = colours.map(({ name }) => name).join(" and ");
  return {
    summary: `${subject}, ${words}, a picture of ${width} by ${height} points`,
    subject,
    format: "PNG",
    width,
    height,
    bytes,
    colours,
  };
}

/** The three most frequent ones, the ground (what the corners show) left out. */
function mainColours(pixels, channels) {
  const ground = nameOf(pixels[0], pixels[1], pixels[2]);
  const counts = new Map();
  let seen = 0;
  for (let at = 0; at + 2 < pixels.length; at += channels) {
    const name = nameOf(pixels[at], pixels[at + 1], pixels[at + 2]);
    if (name === ground) continue;
    counts.set(name, (counts.get(name) ?? 0) + 1);
    seen += 1;
  }
  return [...counts]
    .toSorted(([, one], [, other]) => other - one)
    .slice(0, 3)
    .map(([name, count]) => ({ name, hex: hexOf(NAMES[name]), share: Math.round((count / Math.max(1, seen)) * 100) / 100 }));
}

function nameOf(r, g, b) {
  let best = "grey";
  let least = Number.POSITIVE_INFINITY;
  for (const [name, [x, y, z]] of Object.entries(NAMES)) {
    const distance = (r - x) ** 2 + (g - y) ** 2 + (b - z) ** 2;
    if (distance < least) [best, least] = [name, distance];
  }
  return best;
}

function hexOf(rgb) {
  return `#${rgb.map((part) => part.toString(16).padStart(2, "0")).join("")}`;
}
