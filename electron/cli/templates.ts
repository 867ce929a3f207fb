/** template: agents kept under a name with what they are good for, and put into fleets. */
import { templateChildSchema } from "#shared/model/agentTemplate.ts";
import type { AgentTemplate, TemplateChild } from "#shared/model/agentTemplate.ts";
import { fail, ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import type { ConnectedClient } from "#shared/rpc/client.ts";
import { runVerb, show } from "./command.ts";
import type { CliContext, Command, Verb } from "./command.ts";
import { usage } from "./outcome.ts";
import type { Outcome } from "./outcome.ts";
import { table } from "./output.ts";

const VERBS: Readonly<Record<string, Verb>> = {
  ls: { usage: "ls", takes: 0, run: list },
  show: { usage: "show TEMPLATE", takes: 1, run: showOne },
  add: {
    usage:
      "add ID (--agent CLI | --entry JSON | -- COMMAND [ARG…]) [--prompt TEXT] [--model M] [--role R] [--about TEXT] [--tag TAG]",
    takes: 1,
    run: add,
  },
  edit: {
    usage:
      "edit TEMPLATE [--agent CLI | --entry JSON | -- COMMAND [ARG…]] [--prompt TEXT] [--model M] [--role R] [--about TEXT] [--tag TAG]",
    takes: 1,
    run: edit,
  },
  use: { usage: "use TEMPLATE FLEET [--as ID] [--under SUPERVISOR]", takes: 2, run: use },
  enable: { usage: "enable TEMPLATE", takes: 1, run: (...given) => change("enableTemplate", given) },
  disable: { usage: "disable TEMPLATE", takes: 1, run: (...given) => change("disableTemplate", given) },
  rm: { usage: "rm TEMPLATE", takes: 1, run: remove },
};

/** A command line may be long. */
const MOST_ARGS = 100;

export const templateCommands: Readonly<Record<string, Command>> = {
  template: {
    usage: `template [${Object.keys(VERBS).join("|")}] …`,
    summary: "Agents kept under a name: what there is, keep one, put one into a fleet",
    options: {
      agent: { type: "string" },
      entry: { type: "string" },
      prompt: { type: "string" },
      model: { type: "string" },
      role: { type: "string" },
      about: { type: "string" },
      tag: { type: "string", multiple: true },
      as: { type: "string" },
      under: { type: "string" },
    },
    takes: [0, MOST_ARGS],
    run: (context) => runVerb(context, { command: "template", verbs: VERBS, usual: "ls" }),
  },
};

async function list(client: ConnectedClient, context: CliContext): Promise<Outcome> {
  const listed = await client.query("registry.templates", {});
  return show(context, listed, (templates) =>
    templates.length === 0
      ? ["No template is kept. Keep one: signalbox template add reviewer --agent claude --tag review"]
      : table([
          ["TEMPLATE", "STATE", "AGENT", "TAGS", "USES", "WHAT"],
          ...templates.map(({ id, enabled, child, tags, uses, about }) => [
            id,
            stateWord(enabled),
            child.agent ?? "command",
            tags.join(" ") || "-",
            String(uses),
            about || (child.command ?? child.prompt ?? "").slice(0, 60),
          ]),
        ]),
  );
}

function stateWord(enabled: boolean): string {
  return enabled ? "enabled" : "disabled";
}

async function showOne(client: ConnectedClient, context: CliContext, [id = ""]: readonly string[]): Promise<Outcome> {
  const listed = await client.query("registry.templates", {});
  const found = listed.ok ? named(listed.value, id) : listed;
  return show(context, found, ({ about, tags, child, enabled, uses }) => [
    `${id}  ${stateWord(enabled)}  used ${uses} times`,
    ...(about === "" ? [] : [`  ${about}`]),
    ...(tags.length === 0 ? [] : [`  tags ${tags.join(" ")}`]),
    JSON.stringify(child, undefined, 2),
  ]);
}

function named(templates: readonly AgentTemplate[], id: string): Result<AgentTemplate> {
  const found = templates.find((one) => one.id === id);
  if (found !== undefined) return ok(found);
  return fail("not_found", `There is no template ${id}. "signalbox template ls" lists them.`);
}

async function add(client: ConnectedClient, context: CliContext, args: readonly string[]): Promise<Outcome> {
  const [id = "", ...line] = args;
  const child = readChild(context, line);
  if (!child.ok) return usage(child.error.message);
  const tags = [...context.texts("tag")];
  const about = context.text("about") ?? "";
  const kept = await client.command("registry.keepTemplate", { id, about, tags, child: child.value });
  return show(context, kept, () => [
    `${id} is kept; nothing was started. "signalbox template use ${id} FLEET" puts an agent of it into a fleet.`,
  ]);
}

/** What is given takes the place of what was; the rest stays. */
async function edit(client: ConnectedClient, context: CliContext, args: readonly string[]): Promise<Outcome> {
  const [id = "", ...line] = args;
  const listed = await client.query("registry.templates", {});
  const found = listed.ok ? named(listed.value, id) : listed;
  if (!found.ok) return show(context, found, () => []);
  const child = readChild(context, line, found.value.child);
  if (!child.ok) return usage(child.error.message);
  const tags = context.texts("tag");
  const changed = await client.command("registry.changeTemplate", {
    id,
    about: context.text("about") ?? found.value.about,
    tags: tags.length === 0 ? found.value.tags : [...tags],
    child: child.value,
  });
  return show(context, changed, () => [`${id} is changed; agents made from it stay as they are`]);
}

function readChild(context: CliContext, line: readonly string[], before?: TemplateChild): Result<TemplateChild> {
  const given = { agent: context.text("agent"), entry: context.text("entry"), command: line.join(" ") || undefined };
  const { agent, entry, command } = given;
  const ways = Object.values(given).filter((one) => one !== undefined).length;
  if (ways > 1 || (ways === 0 && before === undefined))
    return fail("bad_request", "Give one of --agent, --entry or, after --, a command.");
  const entryRead = entry === undefined ? keptOf(before, ways === 0) : readObject(entry);
  if (entryRead === undefined) return fail("bad_request", `--entry is a JSON object, such as '{"agent":"claude"}'.`);
  const said = {
    agent,
    command,
    prompt: context.text("prompt"),
    model: context.text("model"),
    role: context.text("role"),
  };
  const more = Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined));
  const child = templateChildSchema.safeParse({ ...entryRead, ...more });
  if (child.success) return ok(child.data);
  const [issue] = child.error.issues;
  return fail(
    "bad_request",
    `${issue?.path.join(".") || "The entry"}: ${issue?.message ?? "It is no agent of a fleet file."}`,
  );
}

/** What an agent goes on being when something else runs in its place. */
function keptOf(before: TemplateChild | undefined, isSame: boolean): TemplateChild {
  const { agent, command, ...kept } = before ?? {};
  if (!isSame) return kept;
  return { ...kept, ...(agent === undefined ? {} : { agent }), ...(command === undefined ? {} : { command }) };
}

function readObject(json: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

async function use(client: ConnectedClient, context: CliContext, args: readonly string[]): Promise<Outcome> {
  const [template = "", fleet = ""] = args;
  const [id, parent] = [context.text("as"), context.text("under")];
  const used = await client.command("registry.useTemplate", {
    template,
    fleet,
    ...(id === undefined ? {} : { id }),
    ...(parent === undefined ? {} : { parent }),
  });
  return show(context, used, ({ path }) => [`${path} is in the file of ${fleet}; it runs while its fleet is up.`]);
}

async function change(
  verb: "enableTemplate" | "disableTemplate",
  [client, context, [template = ""]]: Parameters<Verb["run"]>,
): Promise<Outcome> {
  const changed = await client.command(`registry.${verb}`, { template });
  return show(context, changed, ({ id, enabled }) => [`${id} is ${stateWord(enabled)}`]);
}

async function remove(
  client: ConnectedClient,
  context: CliContext,
  [template = ""]: readonly string[],
): Promise<Outcome> {
  const removed = await client.command("registry.removeTemplate", { template });
  return show(context, removed, ({ id }) => [`${id} removed; agents made from it stay`]);
}
