/**
 * Fleet text to specification. Every error has a sentence, a line and a column; a misspelt key gets a suggestion.
 * Nothing is applied from a text with an error in it.
 */
import { isMap, isNode, isSeq, LineCounter, parseDocument, visit } from "yaml";
import type { Document } from "yaml";
import type { z } from "zod";
import {
  agentChildSchema,
  DEFAULT_INTENSITY,
  DEFAULT_PERIOD_MS,
  fleetHeadSchema,
  KNOWN_KEYS,
  parseDuration,
  supervisorEntrySchema,
} from "#shared/model/fleetFile.ts";
import type {
  AgentSpec,
  ChildNodeSpec,
  FleetFileError,
  FleetSpec,
  SupervisorNodeSpec,
  SupervisorSettings,
} from "#shared/model/fleetFile.ts";
import type { BudgetRules } from "#shared/model/budget.ts";
import { HANDLER_KEYS } from "#shared/model/handlerFile.ts";
import { WORKFLOW_KEYS } from "#shared/model/workflowFile.ts";
import { nearest } from "#shared/lib/nearest.ts";
import { readShutdown, toAgentSpec } from "./agentSpec.ts";
import { readServers, type StoredServer } from "./fileServers.ts";
import { meantIssues, readBudgets } from "./fileBudget.ts";
import type { RawBudgets } from "./fileBudget.ts";
import { readHandlers } from "./fileHandlers.ts";
import { readWorkflows } from "./fileWorkflow.ts";

type Path = readonly (string | number)[];
type RawSettings = z.infer<typeof supervisorEntrySchema>["supervisor"];
export type ParsedFleet =
  | { readonly ok: true; readonly fleet: FleetSpec }
  | { readonly ok: false; readonly errors: readonly FleetFileError[] };

export interface ParseContext {
  /** Absolute folder of the file: what relative `cwd`s are relative to. */
  readonly folder: string;
  readonly homeDir: string;
  /** Adapter ids an `agent:` may name. */
  readonly agents: readonly string[];
  /** An earlier version let secrets through: what it stored runs on. */
  readonly isStored?: StoredServer | undefined;
}

/** Parses and validates; `errors` are in the order of the file. */
export function parseFleet(text: string, context: ParseContext): ParsedFleet {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: true });
  if (document.errors.length > 0) {
    return {
      ok: false,
      errors: document.errors.map((error) => ({
        message: firstSentence(error.message),
        ...position(lineCounter, error.pos[0]),
      })),
    };
  }
  const unusable = unusableAlias(document);
  if (unusable !== undefined)
    return { ok: false, errors: [{ message: unusable.message, ...position(lineCounter, unusable.offset) }] };
  const reader = new FleetReader(document, lineCounter, context);
  const fleet = reader.read(document.toJS({ maxAliasCount: 100 }));
  return fleet === undefined ? { ok: false, errors: reader.sortedErrors() } : { ok: true, fleet };
}

/** An alias inside its own anchor would never end when followed; aliases of aliases grow beyond every memory. */
function unusableAlias(document: Document): { message: string; offset: number } | undefined {
  let found: { message: string; offset: number } | undefined;
  visit(document, {
    Alias(_key, alias, ancestors) {
      const offset = alias.range?.[0] ?? 0;
      const target = alias.resolve(document);
      if (target === undefined)
        found = { message: `There is no &${alias.source} before this *${alias.source}.`, offset };
      else if (ancestors.includes(target))
        found = { message: `*${alias.source} is used inside &${alias.source} itself. Write the entry out.`, offset };
      return found === undefined ? undefined : visit.BREAK;
    },
  });
  if (found !== undefined) return found;
  try {
    document.toJS({ maxAliasCount: 100 });
    return undefined;
  } catch {
    return { message: "The aliases (*name) of this file multiply too far. Write the entries out.", offset: 0 };
  }
}

function firstSentence(message: string): string {
  return (message.split("\n")[0] ?? message).replace(/ at line \d+, column \d+:?$/, "");
}

function position(lineCounter: LineCounter, offset: number): { line: number; column: number } {
  const at = lineCounter.linePos(offset);
  return { line: Math.max(1, at.line), column: Math.max(1, at.col) };
}

class FleetReader {
  readonly #document: Document;
  readonly #lineCounter: LineCounter;
  readonly #context: ParseContext;
  readonly #errors: FleetFileError[] = [];
  readonly #ids = new Map<string, Path>();

  constructor(document: Document, lineCounter: LineCounter, context: ParseContext) {
    this.#document = document;
    this.#lineCounter = lineCounter;
    this.#context = context;
  }

  sortedErrors(): readonly FleetFileError[] {
    return this.#errors.toSorted((a, b) => a.line - b.line || a.column - b.column);
  }

  read(raw: unknown): FleetSpec | undefined {
    if (!isRecord(raw)) {
      this.#report([], "A fleet file is a mapping with version, name and children.");
      return undefined;
    }
    const { children, ...headRaw } = raw;
    const head = this.#check(fleetHeadSchema, headRaw, { path: [], known: KNOWN_KEYS.fleet });
    const nodes = this.#children(children, ["children"]);
    if (head === undefined || nodes === undefined) return undefined;
    const settings = readSettings(head.supervisor);
    this.#checkShape(settings, nodes, []);
    const namesake = this.#ids.get(head.name);
    if (namesake !== undefined)
      this.#report([...namesake, "id"], `The id ${head.name} is the fleet's own name. Rename one of them.`);
    const servers = readServers(head.servers, { ...this.#context, fleet: head.name });
    for (const { at, message } of servers.problems) this.#report(["servers", ...at], message);
    if (this.#errors.length > 0) return undefined;
    const root: SupervisorNodeSpec = {
      kind: "supervisor",
      id: head.name,
      restart: "temporary",
      shutdown: "infinity",
      significant: false,
      ...settings,
      budgets: this.#budgets(head.budget, ["budget"], head.name),
      children: nodes,
    };
    const agentIds = agentIdsBelow(root);
    const { workflows, problems } = readWorkflows(head.workflow, {
      folder: this.#context.folder,
      fleet: head.name,
      agentIds,
    });
    for (const { at, message } of problems) this.#report(["workflow", ...at], message);
    const names = workflows.map(({ name }) => name);
    const on = readHandlers(head.on, { fleet: head.name, agentIds, workflows: names });
    for (const { at, message } of on.problems) this.#report(["on", ...at], message);
    if (this.#errors.length > 0) return undefined;
    return { name: head.name, root, servers: servers.specs, workflows, handlers: on.handlers };
  }

  #children(raw: unknown, path: Path): readonly ChildNodeSpec[] | undefined {
    if (!Array.isArray(raw)) {
      this.#report(path, "children must be a list. Begin each child with a dash.");
      return undefined;
    }
    const nodes = raw.map((child: unknown, index) => this.#child(child, [...path, index]));
    const found = nodes.filter((node) => node !== undefined);
    return found.length === nodes.length ? found : undefined;
  }

  #child(raw: unknown, path: Path): ChildNodeSpec | undefined {
    if (!isRecord(raw)) {
      this.#report(path, "A child is a mapping with an id and a command, an agent, or a supervisor.");
      return undefined;
    }
    const isSupervisor = "children" in raw || "supervisor" in raw;
    const node = isSupervisor ? this.#supervisor(raw, path) : this.#agent(raw, path);
    if (node !== undefined) this.#claimId(node, path);
    return node;
  }

  #claimId(node: ChildNodeSpec, path: Path): void {
    const earlier = this.#ids.get(node.id);
    if (earlier !== undefined) {
      const line = this.#at([...earlier, "id"]).line;
      this.#report(
        [...path, "id"],
        `The id ${node.id} is used twice; the first is in line ${line}. Ids are unique in a fleet.`,
      );
    } else this.#ids.set(node.id, path);
  }

  #supervisor(raw: Record<string, unknown>, path: Path): SupervisorNodeSpec | undefined {
    const { children, ...entryRaw } = raw;
    const entry = this.#check(supervisorEntrySchema, entryRaw, { path, known: KNOWN_KEYS.supervisorChild });
    const nodes = this.#children(children, [...path, "children"]);
    if (entry === undefined || nodes === undefined) return undefined;
    const settings = readSettings(entry.supervisor);
    this.#checkShape(settings, nodes, path);
    return {
      kind: "supervisor",
      id: entry.id,
      restart: entry.restart ?? "transient",
      shutdown: entry.shutdown === undefined ? "infinity" : readShutdown(entry.shutdown),
      significant: entry.significant ?? false,
      ...settings,
      budgets: this.#budgets(entry.budget, [...path, "budget"], entry.id),
      children: nodes,
    };
  }

  #agent(raw: Record<string, unknown>, path: Path): AgentSpec | undefined {
    const child = this.#check(agentChildSchema, raw, { path, known: KNOWN_KEYS.agentChild });
    if (child === undefined) return undefined;
    if ((child.command === undefined) === (child.agent === undefined)) {
      this.#report(
        path,
        `${child.id} needs either a command or an agent${child.command === undefined ? "" : ", not both"}.`,
      );
      return undefined;
    }
    if (child.agent !== undefined && !this.#context.agents.includes(child.agent)) {
      this.#report(
        [...path, "agent"],
        `There is no agent "${child.agent}".${suggest(child.agent, this.#context.agents)} Known are ${this.#context.agents.join(", ")}.`,
      );
      return undefined;
    }
    return toAgentSpec(child, this.#budgets(child.budget, [...path, "budget"]), this.#context);
  }

  /** `supervisorId`: whose they are when they stand on no agent. */
  #budgets(raw: RawBudgets, path: Path, supervisorId?: string): readonly BudgetRules[] {
    const { rules, problems } = readBudgets(raw, supervisorId);
    for (const { at, message } of problems) this.#report([...path, ...at], message);
    return rules;
  }

  /** Rules that join a supervisor and its children (semantics.md 1.1). */
  #checkShape(settings: SupervisorSettings, nodes: readonly ChildNodeSpec[], path: Path): void {
    if (settings.strategy === "simple_one_for_one") {
      if (nodes.length !== 1)
        this.#report(
          [...path, "children"],
          `simple_one_for_one needs exactly one child, the template; here are ${nodes.length}.`,
        );
      if (settings.autoShutdown !== "never")
        this.#report([...path, "supervisor"], "auto_shutdown must be never with simple_one_for_one.");
    }
    for (const [index, node] of nodes.entries()) {
      if (!node.significant) continue;
      const at = [...path, "children", index, "significant"];
      if (node.restart === "permanent")
        this.#report(at, `${node.id} is permanent, so it cannot be significant. Make it transient or temporary.`);
      if (settings.autoShutdown === "never")
        this.#report(
          at,
          `${node.id} is significant, but its supervisor's auto_shutdown is never. Set any_significant or all_significant.`,
        );
    }
  }

  #check<S extends z.ZodType>(
    schema: S,
    raw: unknown,
    where: { path: Path; known: readonly string[] },
  ): z.output<S> | undefined {
    const parsed = schema.safeParse(raw);
    if (parsed.success) return parsed.data;
    for (const issue of parsed.error.issues.flatMap(meantIssues)) this.#issue(issue, where);
    return undefined;
  }

  #issue(issue: z.core.$ZodIssue, where: { path: Path; known: readonly string[] }): void {
    const inner = issue.path.filter((part): part is string | number => typeof part !== "symbol");
    const path = [...where.path, ...inner];
    if (issue.code === "unrecognized_keys") {
      const known = knownKeysAt(inner, where.known);
      for (const key of issue.keys)
        this.#report([...path, key], `"${key}" is not a key here.${suggest(key, known)} Keys are ${known.join(", ")}.`);
      return;
    }
    const name = inner.length === 0 ? "This entry" : `"${inner.join(".")}"`;
    if (issue.code === "invalid_value" && issue.values.length > 1) {
      const values = issue.values.map(String);
      this.#report(path, `${name} must be one of ${values.join(", ")}.${suggest(this.#textAt(path), values)}`);
      return;
    }
    const missing = issue.code === "invalid_type" && !this.#has(path);
    this.#report(path, missing ? `${name} is missing.` : `${name} ${sentence(issue.message)}`);
  }

  #textAt(path: Path): string {
    const value = this.#document.getIn(path);
    return typeof value === "string" ? value : "";
  }

  #has(path: Path): boolean {
    return this.#document.hasIn(path);
  }

  #report(path: Path, message: string): void {
    this.#errors.push({ message, ...this.#at(path) });
  }

  /** Position of the key at `path`, or of the nearest thing around it that the file holds. */
  #at(path: Path): { line: number; column: number } {
    for (let length = path.length; length > 0; length--) {
      const part = path.slice(0, length);
      const parent = part.length === 1 ? this.#document.contents : this.#document.getIn(part.slice(0, -1), true);
      const last = part.at(-1);
      const offset = isMap(parent)
        ? keyOffset(parent.items, last)
        : isSeq(parent) && typeof last === "number"
          ? nodeOffset(parent.items[last])
          : undefined;
      if (offset !== undefined) return position(this.#lineCounter, offset);
    }
    return { line: 1, column: 1 };
  }
}

function keyOffset(items: readonly { key: unknown }[], key: unknown): number | undefined {
  const pair = items.find((item) => isNode(item.key) && String(item.key) === String(key));
  return pair === undefined ? undefined : nodeOffset(pair.key);
}

function nodeOffset(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined;
}

function knownKeysAt(inner: Path, known: readonly string[]): readonly string[] {
  if (inner.at(-1) === "supervisor") return KNOWN_KEYS.supervisor;
  if (inner.at(-1) === "backoff") return KNOWN_KEYS.backoff;
  if (inner.includes("budget")) return KNOWN_KEYS.budget;
  if (inner[0] === "workflow") return workflowKeysAt(inner);
  if (inner[0] === "on") return handlerKeysAt(inner);
  if (inner.at(-1) === "limits") return KNOWN_KEYS.limits;
  if (inner.includes("allow")) return KNOWN_KEYS.allow;
  if (inner.at(-1) === "cache") return KNOWN_KEYS.cache;
  if (inner[0] === "servers") return KNOWN_KEYS.server;
  return known;
}

function workflowKeysAt(inner: Path): readonly string[] {
  if (inner.at(-1) === "plan_b") return WORKFLOW_KEYS.planB;
  if (inner.at(-1) === "undo") return WORKFLOW_KEYS.undo;
  if (inner.includes("steps")) return WORKFLOW_KEYS.step;
  return inner.includes("input") ? WORKFLOW_KEYS.input : WORKFLOW_KEYS.workflow;
}

function handlerKeysAt(inner: Path): readonly string[] {
  if (inner.at(-1) === "send") return HANDLER_KEYS.send;
  return inner.at(-1) === "run" ? HANDLER_KEYS.run : HANDLER_KEYS.handler;
}

function agentIdsBelow(node: ChildNodeSpec): readonly string[] {
  return node.kind === "agent" ? [node.id] : node.children.flatMap(agentIdsBelow);
}

function suggest(text: string, known: readonly string[]): string {
  const match = nearest(text, known);
  return match === undefined ? "" : ` Did you mean ${match}?`;
}

function sentence(message: string): string {
  const text = message.charAt(0).toLowerCase() + message.slice(1);
  return text.endsWith(".") ? text : `${text}.`;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function readSettings(raw: RawSettings): SupervisorSettings {
  return {
    strategy: raw?.strategy ?? "one_for_one",
    intensity: raw?.intensity ?? DEFAULT_INTENSITY,
    periodMs: raw?.period === undefined ? DEFAULT_PERIOD_MS : (parseDuration(raw.period) ?? DEFAULT_PERIOD_MS),
    autoShutdown: raw?.auto_shutdown ?? "never",
  };
}
