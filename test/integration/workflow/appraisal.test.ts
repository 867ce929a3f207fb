/** The example of resources/workflows with its real MCP servers, in the real app: as planned, healed, and through kill -9. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { eventSchema } from "#shared/model/event.ts";
import type { StoredEvent } from "#shared/model/event.ts";
import { FINAL_RUN_STATES, runHeadSchema, runSchema } from "#shared/model/workflow.ts";
import type { Run } from "#shared/model/workflow.ts";
import { eventually } from "#test/support/deadline.ts";
import type { LiveApp } from "#test/support/liveApp.ts";
import { liveSuite } from "#test/support/liveSuite.ts";

const live = liveSuite();
const EXAMPLE = join(import.meta.dirname, "../../../resources/workflows/appraisal/appraisal.yaml");
const PATIENCE_MS = 90_000;

async function start(app: LiveApp, ...args: readonly string[]): Promise<string> {
  const { stdout, stderr, code } = await app.cli("workflow", "run", ...args, "--json");
  expect([code, stderr]).toEqual([0, ""]);
  return z.object({ head: runHeadSchema }).parse(JSON.parse(stdout)).head.id;
}

async function show(app: LiveApp, run: string): Promise<Run> {
  return runSchema.parse(JSON.parse((await app.cli("workflow", "show", run, "--json")).stdout));
}

function untilOver(app: LiveApp, run: string): Promise<Run> {
  return eventually(
    `${run} is over`,
    async () => {
      const found = await show(app, run).catch(() => undefined);
      return found !== undefined && FINAL_RUN_STATES.has(found.head.state) ? found : undefined;
    },
    PATIENCE_MS,
  );
}

async function events(app: LiveApp, run: string): Promise<readonly StoredEvent[]> {
  const { stdout } = await app.cli("events", "--subject", `ws.*.workflow.${run}.>`, "--json");
  return stdout
    .trim()
    .split("\n")
    .map((line) => eventSchema.parse(JSON.parse(line)));
}

const namesOf = (all: readonly StoredEvent[]): readonly unknown[] =>
  all.flatMap(({ type, data }) => (type === "workflow.step_moved" ? [data["name"]] : []));
const outputOf = ({ entries }: Run, step: string) => entries.find((entry) => entry.step === step)?.output;

describe("vision, researcher, valuation and browser", () => {
  it(
    "hand over to each other; and when the researcher's tool fails, the healer takes its plan B",
    async () => {
      const app = await live.serve();
      expect((await app.cli("up", EXAMPLE)).code).toBe(0);
      const planned = await untilOver(app, await start(app, "appraise"));
      expect(planned.head).toMatchObject({ state: "completed" });
      expect(outputOf(planned, "valuation")).toMatchObject({ value: 326, low: 318, high: 334 });
      expect(outputOf(planned, "browser")).toMatchObject({ asked: 340, status: 200 });
      expect(planned.entries.map(({ snapshot }) => snapshot?.id.startsWith("snap:"))).toEqual([true, true, true, true]);
      expect(planned.entries[1]?.hydratedFrom).toEqual(planned.entries[0]?.snapshot);

      const healed = await untilOver(app, await start(app, "appraise", "index=gone.json"));
      expect(healed.head).toMatchObject({ state: "completed" });
      expect(healed.entries[1]).toMatchObject({ plan: "b", target: "tool:library.read_shelf", state: "completed" });
      expect(outputOf(healed, "valuation")).toEqual(outputOf(planned, "valuation"));
      const names = namesOf(await events(app, healed.head.id));
      for (const name of ["ResearcherRetrying", "ResearcherFailed", "ResearcherPlanB", "ResearcherCompleted"])
        expect(names).toContain(name);
    },
    2 * PATIENCE_MS,
  );
});

/** Writes down each call before it begins to work on it. */
const SLOW = `import { appendFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { McpServer } from ${JSON.stringify(join(import.meta.dirname, "../../../node_modules/@modelcontextprotocol/server/dist/index.mjs"))};
import { StdioServerTransport } from ${JSON.stringify(join(import.meta.dirname, "../../../node_modules/@modelcontextprotocol/server/dist/stdio.mjs"))};
import { z } from ${JSON.stringify(join(import.meta.dirname, "../../../node_modules/zod/index.js"))};
const server = new McpServer({ name: "slow", version: "1.0.0" });
server.registerTool("work", { inputSchema: z.object({ step: z.string() }) }, async ({ step }) => {
  appendFileSync(process.argv[2], step + "\\n");
  await sleep(150);
  return { content: [{ type: "text", text: step }] };
});
server.registerTool("undo", { inputSchema: z.object({ step: z.string() }) }, async ({ step }) => {
  appendFileSync(process.argv[2], "undo " + step + "\\n");
  await sleep(150);
  return { content: [{ type: "text", text: step }] };
});
await server.connect(new StdioServerTransport());
`;
const STEPS = ["one", "two", "three", "four"] as const;

const undos = async () => (await live.lines("calls")).filter((line) => line.startsWith("undo "));

/** No call more than was told of. */
async function expectTold(said: readonly StoredEvent[], calls: readonly string[]): Promise<void> {
  const made = await live.lines("calls");
  for (const call of calls) {
    const step = call.replace("undo ", "");
    const told = said.filter(
      ({ type, data }) => type === "workflow.lock_taken_over" && JSON.stringify(data).includes(`"step":"${step}"`),
    );
    expect([call, made.filter((line) => line === call).length <= told.length + 1]).toEqual([call, true]);
  }
}

describe("kill -9 of the app in the middle of a run", () => {
  it(
    "loses no completion, and does no step twice without saying so; nor does it when the run is undone",
    async () => {
      const calls = join(live.dir, "calls");
      await writeFile(join(live.dir, "slow.mjs"), SLOW);
      await writeFile(calls, "");
      const steps = STEPS.map((id, index) => {
        const needs = index === 0 ? "" : `, needs: ${STEPS[index - 1] ?? ""}`;
        return `    - { id: ${id}${needs}, tool: slow.work, with: { step: ${id} }, undo: { tool: slow.undo, with: { step: "\${${id}.text}" } } }\n`;
      }).join("");
      const file = join(live.dir, "chain.yaml");
      await writeFile(
        file,
        `version: 1\nname: chain\nchildren: []\nservers:\n  - { id: slow, command: ${JSON.stringify(process.execPath)}, args: [slow.mjs, ${JSON.stringify(calls)}] }\nworkflow:\n  steps:\n${steps}`,
      );
      let app = await live.serve();
      expect((await app.cli("up", file)).code).toBe(0);
      const run = await start(app, "chain");
      // In the middle of the first call, of a later one, and wherever the third finds it.
      for (const seen of [1, 3, 4]) {
        await eventually(`call ${seen}`, async () => (await live.lines("calls")).length >= seen, PATIENCE_MS);
        await app.kill();
        app = await live.serve();
      }
      const ended = await untilOver(app, run);
      expect(ended.head.state).toBe("completed");
      const said = await events(app, run);
      const completed = namesOf(said).filter((name) => String(name).endsWith("Completed"));
      expect(completed).toEqual(["OneCompleted", "TwoCompleted", "ThreeCompleted", "FourCompleted"]);
      await expectTold(said, STEPS);

      expect((await app.cli("workflow", "undo", run)).stdout).toContain(`${run} is compensating`);
      await eventually("the second undo", async () => (await undos()).length >= 2, PATIENCE_MS);
      await app.kill();
      app = await live.serve();
      const undone = await untilOver(app, run);
      expect(undone.head).toMatchObject({ state: "compensated", detail: "A person wants it undone." });
      expect(undone.entries.map(({ state }) => state)).toEqual(["undone", "undone", "undone", "undone"]);
      expect([...new Set(await undos())]).toEqual(STEPS.toReversed().map((step) => `undo ${step}`));
      const all = await events(app, run);
      await expectTold(
        all.slice(said.length),
        STEPS.map((step) => `undo ${step}`),
      );
      expect(namesOf(all).filter((name) => String(name).endsWith("Undone"))).toEqual([
        "FourUndone",
        "ThreeUndone",
        "TwoUndone",
        "OneUndone",
      ]);
      expect((await app.cli("workflow", "undo", run)).stderr).toContain("is undone already");
    },
    3 * PATIENCE_MS,
  );
});
