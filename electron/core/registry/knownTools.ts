/** What a server says its tools are, bounded and made safe to keep: nothing of it is believed beyond that. */
import type { McpTool } from "#core/ports/mcpClient.ts";
import type { Tool, ToolSummary } from "#shared/model/toolServer.ts";

/** The largest public servers have about a hundred. */
export const MOST_TOOLS = 500;
const MOST_NAME_CHARS = 128;
const MOST_DESCRIPTION_CHARS = 4_000;
/** One schema; the reference servers' largest takes 4 KB. */
const MOST_SCHEMA_CHARS = 64 * 1024;
/** All tools of a server together. */
const MOST_LIST_CHARS = 4 * 1024 * 1024;

export interface ReadTools {
  readonly tools: readonly Tool[];
  /** One sentence for each thing that was wrong with the list. */
  readonly problems: readonly string[];
}

export function readTools(listed: readonly McpTool[]): ReadTools {
  const tools = new Map<string, Tool>();
  const problems: string[] = [];
  let chars = 0;
  for (const one of listed) {
    const refusal = refuse(one, tools);
    const tool = refusal === undefined ? toTool(one) : undefined;
    chars += tool === undefined ? 0 : JSON.stringify(tool).length;
    if (chars > MOST_LIST_CHARS || tools.size >= MOST_TOOLS) {
      problems.push(`It lists more than is kept; ${tools.size} of ${listed.length} tools are known.`);
      break;
    }
    if (tool === undefined) problems.push(refusal ?? "");
    else tools.set(tool.name, tool);
  }
  for (const { name, problem } of tools.values())
    if (problem !== undefined) problems.push(`${name} cannot be called: ${problem}`);
  return { tools: [...tools.values()], problems };
}

function refuse({ name }: McpTool, known: ReadonlyMap<string, Tool>): string | undefined {
  // oxlint-disable-next-line no-control-regex -- names end up on screens and in subjects
  if (name === "" || name.length > MOST_NAME_CHARS || /[\u0000-\u0020\u007f-\u009f]/.test(name))
    return `A tool has a name that is none: ${JSON.stringify(name.slice(0, 40))}.`;
  return known.has(name) ? `It lists ${name} twice; the first one is known.` : undefined;
}

function toTool(one: McpTool): Tool {
  const input = JSON.stringify(one.inputSchema).length;
  const output = one.outputSchema === undefined ? 0 : JSON.stringify(one.outputSchema).length;
  const isTooLarge = input > MOST_SCHEMA_CHARS || output > MOST_SCHEMA_CHARS;
  return {
    name: one.name,
    ...(one.title === undefined ? {} : { title: one.title.slice(0, 200) }),
    description: (one.description ?? "").slice(0, MOST_DESCRIPTION_CHARS),
    hints: hintsOf(one.annotations),
    ...(isTooLarge ? { problem: `its schema is larger than ${MOST_SCHEMA_CHARS / 1024} KB.` } : {}),
    inputSchema: isTooLarge ? {} : one.inputSchema,
    ...(one.outputSchema === undefined || isTooLarge ? {} : { outputSchema: one.outputSchema }),
  };
}

const HINTS = {
  readOnlyHint: "read_only",
  destructiveHint: "destructive",
  idempotentHint: "idempotent",
  openWorldHint: "open_world",
} as const;

function hintsOf(annotations: McpTool["annotations"]): ToolSummary["hints"] {
  const said = annotations ?? {};
  return Object.entries(HINTS).flatMap(([key, hint]) => (said[key] === true ? [hint] : []));
}

/** For lists: a description of one line, and no schemas. */
export function summaryOf({ name, title, description, hints, problem }: Tool): ToolSummary {
  return {
    name,
    ...(title === undefined ? {} : { title }),
    description: description.replaceAll(/\s+/g, " ").trim().slice(0, 300),
    hints,
    ...(problem === undefined ? {} : { problem }),
  };
}
