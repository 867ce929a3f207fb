/** What was typed into the dialog of a template, as an order. Pure. */
import type { CommandInput } from "#shared/contract/index.ts";
import type { AgentTemplate, TemplateChild } from "#shared/model/agentTemplate.ts";
import { ID_PATTERN } from "#shared/model/fleetFile.ts";

export interface TemplateDraft {
  readonly id: string;
  readonly about: string;
  /** Apart by commas. */
  readonly tags: string;
  /** An agent CLI, or "command". */
  readonly agent: string;
  readonly command: string;
  readonly prompt: string;
  readonly model: string;
  readonly role: string;
}

export type TemplateProblems = Readonly<Partial<Record<keyof TemplateDraft, string>>>;
export type TemplateOrder = CommandInput<"registry.keepTemplate">;

export function templateDraft(template: AgentTemplate | undefined): TemplateDraft {
  const { id = "", about = "", tags = [], child = {} } = template ?? {};
  const { agent, command = "", prompt = "", model = "", role = "" } = child;
  const kind = agent ?? (command === "" ? "" : "command");
  return { id, about, tags: tags.join(", "), agent: kind, command, prompt, model, role };
}

export function templateProblems(draft: TemplateDraft, takenIds: ReadonlySet<string>): TemplateProblems {
  const { id, agent, command, role, about } = draft;
  const problems: Partial<Record<keyof TemplateDraft, string>> = {};
  if (!ID_PATTERN.test(id)) problems.id = "1 to 64 letters, digits, _ or -, and a letter or digit first.";
  else if (takenIds.has(id)) problems.id = "There is a template of this name already.";
  if (agent === "") problems.agent = "Choose what it runs.";
  if (agent === "command" && command.trim() === "") problems.command = "Say what it runs.";
  if (role !== "" && !ID_PATTERN.test(role)) problems.role = "Letters, digits, _ or -.";
  if (about.length > 500) problems.about = "At most 500 characters.";
  return problems;
}

/** `before`: what it was; what the dialog does not ask for stays. */
export function templateOrder(draft: TemplateDraft, before: TemplateChild = {}): TemplateOrder {
  const { agent: _agent, command: _command, prompt: _prompt, model: _model, role: _role, ...kept } = before;
  const text = (key: "prompt" | "model" | "role") => (draft[key].trim() === "" ? {} : { [key]: draft[key].trim() });
  const isCommand = draft.agent === "command";
  const what = isCommand
    ? { command: draft.command.trim() }
    : { agent: draft.agent, ...text("prompt"), ...text("model") };
  const tags = draft.tags.split(",").map((tag) => tag.trim());
  return {
    id: draft.id,
    about: draft.about.trim(),
    tags: [...new Set(tags)].filter((tag) => tag !== ""),
    child: { ...kept, ...what, ...text("role") },
  };
}
