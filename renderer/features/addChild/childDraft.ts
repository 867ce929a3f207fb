/** What the dialog holds, what is wrong with it, and the entry of the fleet file it becomes. Pure. */
import { ID_PATTERN, parseDuration } from "#shared/model/fleetFile.ts";
import type { RestartType, Strategy } from "#shared/model/states.ts";

export interface ChildDraft {
  readonly what: "agent" | "supervisor";
  /** Path of the supervisor it goes under. */
  readonly parent: string;
  readonly id: string;
  readonly restart: RestartType;
  /** Adapter id; `command` for a command line. */
  readonly agent: string;
  readonly command: string;
  readonly cwd: string;
  readonly prompt: string;
  readonly strategy: Strategy;
  readonly intensity: string;
  readonly period: string;
}

export function newDraft(what: ChildDraft["what"], parent: string): ChildDraft {
  return {
    what,
    parent,
    id: "",
    restart: "transient",
    agent: "",
    command: "",
    cwd: "",
    prompt: "",
    strategy: "one_for_one",
    intensity: "3",
    period: "60s",
  };
}

export type DraftProblems = Partial<Record<"id" | "agent" | "command" | "intensity" | "period", string>>;

/** One sentence per field that keeps it from being added; `takenIds` are the fleet's. */
export function draftProblems(draft: ChildDraft, takenIds: ReadonlySet<string>): DraftProblems {
  const problems: DraftProblems = {};
  if (!ID_PATTERN.test(draft.id))
    problems.id = "Give it a name of letters, digits, _ or -, beginning with a letter or digit.";
  else if (takenIds.has(draft.id)) problems.id = `${draft.id} is taken in this fleet. Choose another name.`;
  if (draft.what === "supervisor") {
    if (!/^\d+$/.test(draft.intensity)) problems.intensity = "A number of restarts, 0 or more.";
    if ((parseDuration(draft.period) ?? 0) < 1000) problems.period = 'A time of at least a second, such as "60s".';
    return problems;
  }
  if (draft.agent === "") problems.agent = "Choose an agent CLI or a command line.";
  if (draft.agent === "command" && draft.command.trim() === "") problems.command = "Write the command line to run.";
  return problems;
}

/** The entry as it stands in the file; what equals the default is left out. */
export function entryOf(draft: ChildDraft): Record<string, unknown> {
  const restart = draft.restart === "transient" ? {} : { restart: draft.restart };
  if (draft.what === "supervisor") {
    return {
      id: draft.id,
      ...restart,
      supervisor: { strategy: draft.strategy, intensity: Number(draft.intensity), period: draft.period },
      children: [],
    };
  }
  return {
    id: draft.id,
    ...(draft.agent === "command" ? { command: draft.command.trim() } : { agent: draft.agent }),
    ...(draft.cwd.trim() === "" ? {} : { cwd: draft.cwd.trim() }),
    ...(draft.agent === "command" || draft.prompt.trim() === "" ? {} : { prompt: draft.prompt.trim() }),
    ...restart,
  };
}
