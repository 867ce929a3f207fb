/** Who may go on by itself when a plan's limit or a budget's period resets. Nothing spends money again without this consent. */
import { agentSubject } from "#shared/lib/eventSubjects.ts";
import { fail, ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import type { BudgetsDeps } from "./deps.ts";

export class ResumeConsent {
  readonly #deps: Pick<BudgetsDeps, "store" | "tree">;
  readonly #byPerson = new Map<string, boolean>();

  constructor(deps: Pick<BudgetsDeps, "store" | "tree">) {
    this.#deps = deps;
    for (const row of deps.store.all("SELECT path, allowed FROM resume_at_reset"))
      this.#byPerson.set(String(row["path"]), row["allowed"] === 1);
  }

  /** A person's word on this agent; undefined: the fleet file decides. */
  of(path: string): boolean | undefined {
    return this.#byPerson.get(path);
  }

  set(ref: string, resume: boolean, actor: string): Result<{ path: string }> {
    const found = this.#deps.tree.resolve(ref);
    if (!found.ok) return found;
    const { scope: path, kind } = found.value;
    if (kind !== "agent")
      return fail("bad_request", `${path} is no agent. Say it of each agent that may go on by itself.`);
    const saved = this.#deps.store.transact({
      actor,
      work: (tx) => {
        tx.run(
          "INSERT INTO resume_at_reset (path, allowed) VALUES (?, ?) ON CONFLICT (path) DO UPDATE SET allowed = excluded.allowed",
          [path, resume ? 1 : 0],
        );
        tx.append({
          subject: agentSubject(path, "resume_at_reset_set"),
          type: "agent.resume_at_reset_set",
          data: { path, resume },
        });
      },
    });
    if (!saved.ok) return saved;
    this.#byPerson.set(path, resume);
    return ok({ path });
  }
}
