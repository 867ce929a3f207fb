/** Templates of agents that a person keeps: registered, found by what they are good for, enabled and disabled, used. */
import { toIsoTime } from "#shared/lib/isoTime.ts";
import { nearest } from "#shared/lib/nearest.ts";
import { systemSubject } from "#shared/lib/eventSubjects.ts";
import { agentTemplateSchema } from "#shared/model/agentTemplate.ts";
import type { AgentTemplate, TemplateChild } from "#shared/model/agentTemplate.ts";
import type { EventVerb } from "#shared/model/event.ts";
import { fail, ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import type { RegistryEntry } from "#shared/model/toolServer.ts";
import type { Row } from "#core/ports/database.ts";
import type { StoreTx } from "#core/store/index.ts";
import type { RegistryDeps } from "./registryDeps.ts";

export interface TemplateOrder {
  readonly id: string;
  readonly about: string;
  readonly tags: readonly string[];
  readonly child: TemplateChild;
}

interface TemplateBookDeps extends Pick<RegistryDeps, "store" | "clock"> {
  /** Agent CLIs there is an adapter for. */
  readonly agentIds: readonly string[];
  readonly onChange: () => void;
}

/** What a person can look through; each is a row. */
const MOST_TEMPLATES = 200;
const COLUMNS = "id, about, tags, child, enabled, kept_ms, kept_by, uses, used_ms";

export class TemplateBook {
  readonly #deps: TemplateBookDeps;
  /** Since this start, the last ones; what the way back of a removal needs. */
  readonly #removed = new Map<string, Row>();

  constructor(deps: TemplateBookDeps) {
    this.#deps = deps;
  }

  list(): readonly AgentTemplate[] {
    return this.#deps.store.all(`SELECT ${COLUMNS} FROM agent_templates ORDER BY id`).flatMap(toTemplate);
  }

  entries(): readonly RegistryEntry[] {
    return this.list().map(({ id, about, tags, child, enabled }) => ({
      kind: "template",
      id,
      name: id,
      description: about === "" ? whatItIs(child) : about,
      tags: [...tags, ...(child.role === undefined ? [] : [child.role])],
      state: enabled ? "enabled" : "disabled",
    }));
  }

  /** Errors: already_present, too_large, bad_request. Nothing is started. */
  keep({ id, about, tags, child }: TemplateOrder, actor: string): Result<AgentTemplate> {
    const refused = this.#refusal(child);
    if (refused !== undefined) return fail("bad_request", refused);
    const full = this.#full(id);
    if (full !== undefined) return full;
    return this.#change(id, { verb: "kept", actor }, (tx) => {
      tx.run(
        "INSERT INTO agent_templates (id, about, tags, child, enabled, kept_ms, kept_by) VALUES (?, ?, ?, ?, 1, ?, ?)",
        [id, about, JSON.stringify(tags), JSON.stringify(child), this.#deps.clock.wallNow(), actor],
      );
    });
  }

  /** Why there is no place for it; undefined: there is. */
  #full(id: string): Result<never> | undefined {
    const known = this.list();
    if (known.some((one) => one.id === id))
      return fail("already_present", `There is a template ${id} already. Remove it first, or take another name.`);
    if (known.length < MOST_TEMPLATES) return undefined;
    return fail("too_large", `${MOST_TEMPLATES} templates are kept; remove one first.`);
  }

  /** Agents made from it stay as they are. Errors: not_found, bad_request. */
  rewrite({ id, about, tags, child }: TemplateOrder, actor: string): Result<AgentTemplate> {
    const found = this.#find(id);
    if (!found.ok) return found;
    const refused = this.#refusal(child);
    if (refused !== undefined) return fail("bad_request", refused);
    return this.#change(id, { verb: "changed", actor }, (tx) => {
      tx.run("UPDATE agent_templates SET about = ?, tags = ?, child = ? WHERE id = ?", [
        about,
        JSON.stringify(tags),
        JSON.stringify(child),
        id,
      ]);
    });
  }

  #refusal(child: TemplateChild): string | undefined {
    const { agent, command } = child;
    if ((agent === undefined) === (command === undefined))
      return `A template needs either a command or an agent${agent === undefined ? "" : ", not both"}.`;
    const { agentIds } = this.#deps;
    if (agent === undefined || agentIds.includes(agent)) return undefined;
    const meant = nearest(agent, agentIds);
    const hint = meant === undefined ? "" : ` Did you mean ${meant}?`;
    return `There is no agent "${agent}".${hint} Known are ${agentIds.join(", ")}.`;
  }

  /** Agents made from it stay as they are. Errors: not_found. */
  remove(id: string, actor: string): Result<AgentTemplate> {
    const found = this.#find(id);
    if (!found.ok) return found;
    const row = this.#deps.store.get(`SELECT ${COLUMNS} FROM agent_templates WHERE id = ?`, [id]);
    const removed = this.#deps.store.transact({
      actor,
      work: (tx) => {
        tx.run("DELETE FROM agent_templates WHERE id = ?", [id]);
        tx.append(happened(id, "removed"));
      },
    });
    if (!removed.ok) return removed;
    if (row !== undefined) this.#removed.set(id, row);
    const [oldest] = this.#removed.keys();
    if (this.#removed.size > MOST_TEMPLATES && oldest !== undefined) this.#removed.delete(oldest);
    this.#deps.onChange();
    return found;
  }

  /** It is as it was: enabled or not, used as often. Errors: not_found, already_present, too_large. */
  takeBack(id: string, actor: string): Result<AgentTemplate> {
    const row = this.#removed.get(id);
    if (row === undefined)
      return fail("not_found", `No template ${id} was removed since Signalbox was started. Keep it anew.`);
    const full = this.#full(id);
    if (full !== undefined) return full;
    const taken = this.#change(id, { verb: "taken_back", actor }, (tx) => {
      const columns = COLUMNS.split(", ");
      const places = columns.map(() => "?").join(", ");
      const values = columns.map((column) => row[column] ?? null);
      tx.run(`INSERT INTO agent_templates (${COLUMNS}) VALUES (${places})`, values);
    });
    if (taken.ok) this.#removed.delete(id);
    return taken;
  }

  /** Errors: not_found. */
  setEnabled(id: string, enabled: boolean, actor: string): Result<AgentTemplate> {
    const found = this.#find(id);
    if (!found.ok || found.value.enabled === enabled) return found;
    return this.#change(id, { verb: enabled ? "enabled" : "disabled", actor }, (tx) => {
      tx.run("UPDATE agent_templates SET enabled = ? WHERE id = ?", [Number(enabled), id]);
    });
  }

  /** What an agent of it is in a fleet file. Errors: not_found, conflict (it is disabled). */
  usable(id: string): Result<AgentTemplate> {
    const found = this.#find(id);
    if (!found.ok || found.value.enabled) return found;
    return fail("conflict", `The template ${id} is disabled. Enable it with "signalbox template enable ${id}".`);
  }

  /** An agent was made of it. */
  used(id: string, agent: string, actor: string): Result<AgentTemplate> {
    return this.#change(id, { verb: "used", actor, agent }, (tx) => {
      const now = this.#deps.clock.wallNow();
      tx.run("UPDATE agent_templates SET uses = uses + 1, used_ms = ? WHERE id = ?", [now, id]);
    });
  }

  #change(
    id: string,
    { verb, actor, agent }: { verb: EventVerb<"agent_template">; actor: string; agent?: string },
    work: (tx: StoreTx) => void,
  ): Result<AgentTemplate> {
    const changed = this.#deps.store.transact({
      actor,
      work: (tx) => {
        work(tx);
        tx.append(happened(id, verb, agent));
      },
    });
    if (!changed.ok) return changed;
    this.#deps.onChange();
    return this.#find(id);
  }

  #find(id: string): Result<AgentTemplate> {
    const known = this.list();
    const found = known.find((one) => one.id === id);
    if (found !== undefined) return ok(found);
    const names = known.map((one) => one.id);
    const meant = nearest(id, names);
    const rest =
      names.length === 0 ? 'None is kept; "signalbox template add" keeps one.' : `Kept are ${names.join(", ")}.`;
    return fail("not_found", `There is no template ${id}. ${meant === undefined ? rest : `Did you mean ${meant}?`}`);
  }
}

function happened(id: string, verb: EventVerb<"agent_template">, agent?: string) {
  const data = agent === undefined ? { template: id } : { template: id, agent };
  return { subject: systemSubject("templates", `${id}.${verb}`), type: `agent_template.${verb}`, data } as const;
}

function whatItIs({ agent, command = "", prompt }: TemplateChild): string {
  return (agent === undefined ? command : [agent, prompt].filter(Boolean).join(": ")).slice(0, 300);
}

/** A row that an older or newer version wrote otherwise is left out, not guessed at. */
function toTemplate(row: Row): AgentTemplate[] {
  const read = agentTemplateSchema.safeParse({
    id: row["id"],
    about: row["about"],
    tags: parsed(row["tags"]),
    child: parsed(row["child"]),
    enabled: row["enabled"] === 1,
    keptAt: toIsoTime(Number(row["kept_ms"])),
    keptBy: row["kept_by"],
    uses: Number(row["uses"]),
    ...(row["used_ms"] === null ? {} : { usedAt: toIsoTime(Number(row["used_ms"])) }),
  });
  return read.success ? [read.data] : [];
}

function parsed(value: unknown): unknown {
  try {
    return JSON.parse(String(value));
  } catch {
    return undefined;
  }
}
