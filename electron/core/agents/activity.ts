/** Says what an agent does, once per change. */
import type { AgentFact } from "#core/ports/agentAdapter.ts";
import type { AgentActivity } from "#shared/model/states.ts";

export class ActivityReporter {
  readonly #emit: (fact: AgentFact) => void;
  #activity: AgentActivity;
  #detail = "";

  /** `known` is what the tree already shows. */
  constructor(emit: (fact: AgentFact) => void, known: AgentActivity = "starting") {
    this.#emit = emit;
    this.#activity = known;
  }

  get current(): AgentActivity {
    return this.#activity;
  }

  report(activity: AgentActivity, detail: string): void {
    if (activity === this.#activity && detail === this.#detail) return;
    this.#activity = activity;
    this.#detail = detail;
    this.#emit({ type: "activity", activity, detail });
  }
}
