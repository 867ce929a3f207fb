/** One life against its memory limit: what people read of it, the event and the inbox item, and the end it may bring. */
import type { EventVerb } from "#shared/model/event.ts";
import { bytesWords } from "#shared/lib/words.ts";
import type { MemoryLimit } from "#shared/model/fleetFile.ts";
import type { AgentAsk, ExitVerdict } from "#core/ports/agentAdapter.ts";

const ASK_ID = "memory";

export interface MemoryStateDeps {
  readonly note: (verb: EventVerb<"agent">, data: Record<string, unknown>) => void;
  readonly asked: (ask: AgentAsk) => void;
  readonly withdraw: (askId: string) => void;
  readonly onChange: () => void;
  /** Asks it to end, as a stop does. */
  readonly end: () => void;
}

export class MemoryState {
  /** That it uses more than it should, while it does. */
  words = "";
  /** It is being ended for its memory, and this is why. */
  verdict: ExitVerdict | undefined;
  readonly #deps: MemoryStateDeps;

  constructor(deps: MemoryStateDeps) {
    this.#deps = deps;
  }

  /** `isNews`: it was within its limit when last measured. */
  over(used: number, limit: MemoryLimit, isNews: boolean): void {
    if (this.verdict !== undefined) return;
    if (isNews) this.#deps.note("memory_exceeded", { used, limit: limit.memoryBytes, onExceed: limit.onExceed });
    if (limit.onExceed === "restart") {
      this.verdict = { cause: "out_of_memory", detail: sentence("Used", used, limit), resumeRefused: false };
      return this.#deps.end();
    }
    const words = sentence("Uses", used, limit);
    if (words === this.words) return;
    this.words = words;
    if (isNews) this.#deps.asked(askAbout(words));
    this.#deps.onChange();
  }

  within(): void {
    if (this.words === "") return;
    this.words = "";
    this.#deps.note("memory_recovered", {});
    this.#deps.withdraw(ASK_ID);
    this.#deps.onChange();
  }
}

function sentence(verb: "Uses" | "Used", used: number, { memoryBytes }: MemoryLimit): string {
  return `${verb} ${bytesWords(used)}, its limit is ${bytesWords(memoryBytes)}`;
}

function askAbout(body: string): AgentAsk {
  return {
    id: ASK_ID,
    kind: "over_limit",
    title: "Uses more memory than its limit",
    body,
    irreversible: false,
    options: [
      { id: "restart", label: "Restart", hint: "Ends it and starts it again", key: "R", takesText: false },
      { id: "dismiss", label: "Let it go on", key: "D", takesText: false },
    ],
    via: "action",
  };
}
