/** Joins agents with memory and registry: what they remember and recall, and which tools of the registry they call. */
import { z } from "zod";
import { memoryKindSchema, memoryTextSchema } from "#shared/model/memory.ts";
import type { Memory } from "#core/memory/index.ts";
import type { Registry } from "#core/registry/index.ts";
import type { WorkCall } from "./stepCalls.ts";
import type { DeskTool, ToolCaller } from "./agentTools.ts";
import { answered, tool } from "./teamTools.ts";

export interface KnowledgeSlices {
  readonly memory: () => Memory;
  readonly registry: () => Registry;
  readonly workCall: WorkCall;
}

const rememberInput = z.object({
  text: memoryTextSchema,
  kind: memoryKindSchema.optional(),
  for: z.enum(["me", "team"]).optional().describe("default team"),
});
const recallInput = z.object({ query: z.string().min(1).max(1000), limit: z.number().int().min(1).max(20).optional() });
const listInput = z.object({ query: z.string().max(200).optional() });
const callInput = z.object({
  server: z.string().min(1).max(200),
  tool: z.string().min(1).max(200),
  args: z.record(z.string(), z.unknown()).optional(),
  fresh: z.boolean().optional().describe("not from a cache"),
});
/** Enough to choose from; a narrower query finds the rest. */
const MOST_LISTED = 40;

export function knowledgeTools({ memory, registry, workCall }: KnowledgeSlices): readonly DeskTool[] {
  return [
    tool("remember", "Keep a fact for later.", rememberInput, async (args, { caller }) => {
      const scope = args.for === "me" ? `agent:${caller.path}` : `fleet:${caller.fleet}`;
      const kept = {
        kind: args.kind ?? "fact",
        scope,
        text: args.text,
        tags: [],
        importance: 1,
        confidence: 1,
      } as const;
      return answered(await memory().storeMemory(kept, { actor: "agent", name: caller.path }), () => "Remembered.");
    }),
    readOnly(
      tool("recall", "Search what you and your team remember.", recallInput, async (args, { caller }) => {
        const question = {
          text: args.query,
          limit: args.limit ?? 5,
          match: "hybrid",
          scopes: scopesOf(caller),
        } as const;
        const found = await memory().searchHistory(question, { forAgent: true });
        return answered(found, ({ hits }) =>
          hits.length === 0 ? "Nothing found." : hits.map((hit) => `${hit.memory.kind}: ${hit.memory.text}`).join("\n"),
        );
      }),
    ),
    readOnly(
      tool("list_tools", "Find tools of the registry's servers.", listInput, (args) => {
        const found = registry().find({ text: args.query, kinds: ["tool"], limit: MOST_LISTED });
        const words = answered(found, (entries) =>
          entries.length === 0
            ? "No tool found."
            : entries.map(({ id, description }) => `${id}: ${description}`).join("\n"),
        );
        return Promise.resolve(words);
      }),
    ),
    tool("call_tool", "Call a tool of a registry server.", callInput, async (args, { caller, signal }) => {
      const by = { kind: "agent", id: caller.path } as const;
      const end = workCall(caller.path, `${args.server}.${args.tool}`);
      const called = await registry().invoke({
        server: args.server,
        tool: args.tool,
        args: args.args ?? {},
        fresh: args.fresh,
        by,
        signal,
        ...end.marks,
      });
      end.ended(called.ok);
      return answered(called, ({ text }) => text);
    }),
  ];
}

function readOnly(one: DeskTool): DeskTool {
  return { ...one, isReadOnly: true };
}

/** What this agent may know: everybody's, its fleet's and its own. */
function scopesOf({ path, fleet }: ToolCaller): readonly string[] {
  return ["global", `fleet:${fleet}`, `agent:${path}`];
}
