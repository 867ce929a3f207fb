/** The workflows slice over a real store and the bus's engine in memory, with hands that do what the test says. */
import { createLocalBus } from "#core/bus/index.ts";
import { createMemoryStorage } from "#core/bus/memoryStorage.ts";
import type { Database } from "#core/ports/database.ts";
import type { MessageBus } from "#core/ports/messageBus.ts";
import { createJournal, createRecorder, openStore } from "#core/store/index.ts";
import type { Store } from "#core/store/index.ts";
import { Workflows } from "#core/workflows/index.ts";
import type { AgentWork, FailedStep, Hands, ToolWork } from "#core/workflows/index.ts";
import { parseFleet } from "#core/fleets/index.ts";
import { connectSqlite } from "#platform/sqlite.ts";
import type { StoredEvent } from "#shared/model/event.ts";
import { ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import type { Entry, EntryState, RunState } from "#shared/model/workflow.ts";
import { ManualClock, settle } from "./manualClock.ts";
import { silentLogger } from "./silentLogger.ts";

export interface WorkflowRig {
  readonly clock: ManualClock;
  readonly store: Store;
  readonly bus: MessageBus;
  readonly workflows: Workflows;
  readonly hands: ScriptedHands;
  /** Starts the only workflow; answers the run's id. */
  start(input?: Readonly<Record<string, unknown>>): string;
  entry(run: string, step: string): Entry;
  until(what: string, is: () => boolean): Promise<void>;
  untilRun(run: string, state: RunState): Promise<void>;
  untilStep(run: string, step: string, state: EntryState): Promise<void>;
  events(run: string): readonly StoredEvent[];
  close(): Promise<void>;
}

/** A call that the test answers when it likes. */
export interface OpenCall {
  readonly work: ToolWork;
  answer(result: Result<unknown>): void;
}

export class ScriptedHands implements Hands {
  readonly calls: OpenCall[] = [];
  readonly asked: AgentWork[] = [];
  readonly buried: FailedStep[] = [];
  readonly released_: string[] = [];
  readonly log = new Map<string, Result<unknown>>();
  /** Answers at once, by the step's id; undefined: the test does it. */
  answers: Readonly<Record<string, (work: ToolWork) => Result<unknown> | undefined>> = {};
  heals = false;
  usedTokens = 0;

  callTool(work: ToolWork): Promise<Result<unknown>> {
    const now = this.answers[work.step.id]?.(work);
    if (now !== undefined) {
      this.log.set(work.key, now);
      this.calls.push({ work, answer: () => undefined });
      return Promise.resolve(now);
    }
    return new Promise((resolve) => {
      this.calls.push({
        work,
        answer: (result) => {
          this.log.set(work.key, result);
          resolve(result);
        },
      });
    });
  }

  recall(key: string): Result<unknown> | undefined {
    return this.log.get(key);
  }

  askAgent(work: AgentWork): Promise<Result<void>> {
    this.asked.push(work);
    return Promise.resolve(ok(undefined));
  }

  released({ agent }: Pick<AgentWork, "agent">): number {
    this.released_.push(agent);
    return this.usedTokens;
  }

  used(): number {
    return this.usedTokens;
  }

  remember(entry: Entry): Promise<Entry["snapshot"]> {
    const id = `snap:${entry.step}`;
    return Promise.resolve({ id, url: `signalbox://memory/${id}` });
  }

  hydrate({ id }: { id: string }): Promise<string | undefined> {
    return Promise.resolve(`memory ${id}`);
  }

  bury(letter: FailedStep): Promise<boolean> {
    this.buried.push(letter);
    return Promise.resolve(this.heals);
  }
}

export interface RigOptions {
  readonly file: string;
  readonly database?: Database;
  readonly clock?: ManualClock;
  readonly hands?: ScriptedHands;
  readonly bus?: MessageBus;
}

export async function createWorkflowRig(options: RigOptions): Promise<WorkflowRig> {
  const { database = connectSqlite(":memory:"), clock = new ManualClock(), hands = new ScriptedHands() } = options;
  let ids = 0;
  const newId = (): string => `${String((ids += 1)).padStart(8, "0")}-0000-4000-8000-000000000000`;
  const opened = await openStore({ database, clock, logger: silentLogger });
  if (!opened.ok) throw new Error(opened.error.message);
  const store = opened.value;
  const recorder = createRecorder({
    journal: createJournal({ store, clock, logger: silentLogger }),
    clock,
    logger: silentLogger,
  });
  const bus = options.bus ?? createLocalBus({ storage: createMemoryStorage(), clock, logger: silentLogger, newId });
  await bus.ensureStream({ name: "WORKFLOWS", subjects: ["workflow.>"] });
  const workflows = new Workflows({
    store,
    recorder,
    clock,
    logger: silentLogger,
    newId,
    homeDir: "/home/me",
    bus,
    hands,
  });
  const parsed = parseFleet(options.file, { folder: "/files", homeDir: "/home/me", agents: ["claude"] });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  workflows.define(parsed.fleet.name, parsed.fleet.workflows);
  const open = await workflows.open({ noStart: false });
  if (!open.ok) throw new Error(open.error.message);
  const entry = (run: string, step: string): Entry => {
    const found = workflows.run(run);
    const one = found.ok ? found.value.entries.find((candidate) => candidate.step === step) : undefined;
    if (one === undefined) throw new Error(`no step ${step} in ${run}`);
    return one;
  };
  const until = async (what: string, is: () => boolean): Promise<void> => {
    for (let turn = 0; turn < 2000; turn += 1) {
      if (is()) return;
      await settle();
    }
    throw new Error(`never: ${what}`);
  };
  return {
    clock,
    store,
    bus,
    workflows,
    hands,
    entry,
    until,
    start: (input = {}) => {
      const started = workflows.start({ workflow: parsed.fleet.name, input, actor: "person" });
      if (!started.ok) throw new Error(started.error.message);
      return started.value.head.id;
    },
    untilRun: (run, state) => until(`${run} is ${state}`, () => runState(workflows, run) === state),
    untilStep: (run, step, state) => until(`${step} is ${state}`, () => entry(run, step).state === state),
    events: (run) => {
      recorder.flush();
      return store.events.read({ subject: `ws.*.workflow.${run}.>`, from: 0, limit: 10_000 });
    },
    close: async () => {
      await workflows.close();
      if (options.bus === undefined) await bus.close();
      store.close();
    },
  };
}

function runState(workflows: Workflows, id: string): RunState | undefined {
  const run = workflows.run(id);
  return run.ok ? run.value.head.state : undefined;
}
