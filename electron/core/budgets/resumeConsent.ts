/** Who may go on by itself when a plan's limit or a budget's period resets. Nothing spends money again without this consent. */
import { agentSubject } from "#shared/lib/eventSubjects.ts";
import { fail, ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import type { BudgetsDeps } from "./deps.ts";

interface Word {
  readonly resume: boolean;
  /** For the next reset only. */
  readonly isOnce: boolean;
}

export class ResumeConsent {
  readonly #deps: Pick<BudgetsDeps, "store" | "tree" | "recorder">;
  readonly #byPerson = new Map<string, Word>();

  constructor(deps: Pick<BudgetsDeps, "store" | "tree" | "recorder">) {
    this.#deps = deps;
    for (const row of deps.store.all("SELECT path, allowed, once FROM resume_at_reset"))
      this.#byPerson.set(String(row["path"]), { resume: row["allowed"] === 1, isOnce: row["once"] === 1 });
  }

  /** A person's word on this agent; undefined: the fleet file decides. */
  of(path: string): boolean | undefined {
    return this.#byPerson.get(path)?.resume;
  }

  /** Not counting a word for a budget's next reset alone: a plan's limit is another matter. */
  lasting(path: string): boolean | undefined {
    const word = this.#byPerson.get(path);
    return word?.isOnce === true ? undefined : word?.resume;
  }

  /** Until another word; errors: not_found, ambiguous, bad_request, store_unavailable. */
  set(ref: string, resume: boolean, actor: string): Result<{ path: string }> {
    const found = this.#deps.tree.resolve(ref);
    if (!found.ok) return found;
    const { scope: path, kind } = found.value;
    if (kind !== "agent")
      return fail("bad_request", `${path} is no agent. Say it of each agent that may go on by itself.`);
    return this.#save([path], { resume, isOnce: false }, actor);
  }

  /** These agents may go on at the next reset, and only then; who has a lasting word keeps it. */
  allowOnce(paths: readonly string[], actor: string): Result<unknown> {
    const without = paths.filter((path) => this.#byPerson.get(path)?.resume !== true);
    return this.#save(without, { resume: true, isOnce: true }, actor);
  }

  /** The reset came: a word for this one alone is used up. */
  used(path: string): void {
    if (this.#byPerson.get(path)?.isOnce !== true) return;
    this.#byPerson.delete(path);
    this.#deps.recorder.project((tx) => void tx.run("DELETE FROM resume_at_reset WHERE path = ? AND once = 1", [path]));
  }

  #save(paths: readonly string[], word: Word, actor: string): Result<{ path: string }> {
    const { resume, isOnce } = word;
    const saved = this.#deps.store.transact({
      actor,
      work: (tx) => {
        for (const path of paths) {
          tx.run("INSERT OR REPLACE INTO resume_at_reset (path, allowed, once) VALUES (?, ?, ?)", [
            path,
            resume ? 1 : 0,
            isOnce ? 1 : 0,
          ]);
          tx.append({
            subject: agentSubject(path, "resume_at_reset_set"),
            type: "agent.resume_at_reset_set",
            data: { path, resume, ...(isOnce ? { once: true } : {}) },
          });
        }
      },
    });
    if (!saved.ok) return saved;
    for (const path of paths) this.#byPerson.set(path, word);
    return ok({ path: paths[0] ?? "" });
  }
}
