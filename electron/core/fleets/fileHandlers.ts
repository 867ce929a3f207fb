/** The `on:` section of a fleet file: to specifications, with what is wrong and where. */
import { nearest } from "#shared/lib/nearest.ts";
import { referencesIn } from "#shared/model/bindings.ts";
import { streamOfPattern } from "#shared/model/handlerFile.ts";
import type { HandlerSpec, RawHandler } from "#shared/model/handlerFile.ts";

interface Problem {
  readonly at: readonly (string | number)[];
  readonly message: string;
}

interface HandlerPlace {
  readonly fleet: string;
  readonly agentIds: readonly string[];
  /** Of this fleet. */
  readonly workflows: readonly string[];
}

interface ReadHandlers {
  readonly handlers: readonly HandlerSpec[];
  readonly problems: readonly Problem[];
}

/** What of a message can be bound. */
const BOUND: ReadonlySet<string> = new Set(["subject", "type", "source", "time", "data"]);

export function readHandlers(raw: readonly RawHandler[] | undefined, place: HandlerPlace): ReadHandlers {
  const handlers: HandlerSpec[] = [];
  const problems: Problem[] = [];
  for (const [index, one] of (raw ?? []).entries()) {
    const found = [...problemsOf(one, place)];
    if (handlers.some(({ id }) => id === one.id))
      found.push({ at: ["id"], message: `There are two handlers ${one.id}. Rename one of them.` });
    problems.push(...found.map(({ at, message }) => ({ at: [index, ...at], message })));
    const spec = toSpec(one);
    if (found.length === 0 && spec !== undefined) handlers.push(spec);
  }
  return { handlers, problems };
}

function problemsOf(raw: RawHandler, place: HandlerPlace): readonly Problem[] {
  const { id, send, run } = raw;
  if ((send === undefined) === (run === undefined))
    return [{ at: [], message: `${id} needs either send or run${send === undefined ? "" : ", not both"}.` }];
  const target = targetProblem(raw, place);
  if (target !== undefined) return [target];
  return send === undefined
    ? bindingProblems(run?.with ?? {}, ["run", "with"])
    : bindingProblems(send.text, ["send", "text"]);
}

function targetProblem({ send, run }: RawHandler, place: HandlerPlace): Problem | undefined {
  const { fleet, agentIds, workflows } = place;
  if (run !== undefined && !workflows.includes(run.workflow)) {
    const message = unknown(`workflow "${run.workflow}"`, fleet, { of: run.workflow, known: workflows });
    return { at: ["run", "workflow"], message };
  }
  const to = send?.to ?? "all";
  if (to === "all" || to.startsWith("role:") || agentIds.includes(to)) return undefined;
  return { at: ["send", "to"], message: unknown(`agent "${to}"`, fleet, { of: to, known: agentIds }) };
}

function bindingProblems(value: unknown, where: readonly string[]): readonly Problem[] {
  return referencesIn(value)
    .filter(({ path }) => path === undefined || !BOUND.has(path[0] ?? ""))
    .map(({ text, at }) => ({
      at: [...where, ...at],
      message: `\${${text}} is nothing of a message. It has ${[...BOUND].join(", ")}.`,
    }));
}

function unknown(what: string, fleet: string, { of, known }: { of: string; known: readonly string[] }): string {
  const meant = nearest(of, known);
  return `There is no ${what} in ${fleet}.${meant === undefined ? "" : ` Did you mean ${meant}?`}`;
}

function toSpec({ id, subject, send, run }: RawHandler): HandlerSpec | undefined {
  const stream = streamOfPattern(subject);
  if (stream === undefined) return undefined;
  if (send !== undefined) return { id, subject, stream, act: { kind: "send", ...send } };
  if (run === undefined) return undefined;
  return { id, subject, stream, act: { kind: "run", workflow: run.workflow, with: run.with ?? {} } };
}
