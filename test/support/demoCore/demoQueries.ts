/** A fake for looking at screens: the queries over sample data. */
import { fail, ok } from "#shared/model/result.ts";
import { subjectMatches } from "./demoSubjects.ts";
import type { Handlers } from "#shared/rpc/handlers.ts";
import { allNodes, findNode, refuse, type DemoWorld } from "./demoWorld.ts";
import { demoUsageQueries } from "./demoUsage.ts";
import { SAMPLE_CLIS, sampleLives, samplePastSessions } from "./sampleRecords.ts";

const FLEET_TEXT = `version: 1
name: fleet
supervisor: { strategy: one_for_one, intensity: 5, period: 60s }
children: []
`;

export function demoQueries(world: DemoWorld): Handlers["queries"] {
  const lives = () => sampleLives(allNodes(world.fleets), Date.now());
  return {
    ...world.budgets.queries,
    ...world.bus.queries,
    ...world.deadLetters.queries,
    ...world.registry.queries,
    ...world.messages.queries,
    ...world.workflows.queries,
    ...world.memory.queries,
    "app.info": async () =>
      ok({
        version: "0.1.0",
        dataDir: "/home/ada/.local/share/signalbox",
        pid: 4711,
        platform: "linux",
        host: "headless",
        homeDir: "/home/ada",
        startedAt: new Date(Date.now() - 8_000_000).toISOString(),
        noStart: false,
      }),
    "app.doctor": async () => ok([{ name: "keeper", status: "ok", message: "The session keeper answers." }]),
    "fleet.list": async () => ok(world.fleets),
    "machine.list": async () => ok({ machines: world.machines }),
    "machine.tryServer": async ({ url }) => ok({ server: url, version: "2.11.0", warnings: [] }),
    "fleet.file": async ({ name }) => ok({ file: `/home/ada/code/${name}.yaml`, text: FLEET_TEXT }),
    "fleet.check": async () => ok({ errors: [] }),
    "fleet.schema": async () => ok({}),
    "agents.clis": async () => ok([...SAMPLE_CLIS]),
    "agents.pastSessions": async () => ok(samplePastSessions(Date.now())),
    "agent.lives": async ({ id }) => {
      const node = findNode(world.fleets, id);
      return node === undefined ? refuse(id) : ok(lives().filter((life) => life.path === node.path));
    },
    "session.list": async () => ok(lives().toSorted((left, right) => right.startedAt.localeCompare(left.startedAt))),
    "session.timeline": async ({ sessionId }) => {
      const life = lives().find((candidate) => candidate.sessionId === sessionId);
      if (life === undefined) return fail("not_found", "This session is not known here.");
      return ok({
        life,
        resizes: [{ offset: 0, cols: 80, rows: 24, at: life.startedAt }],
        events: world.events.filter((event) => event.subject.includes(`.${life.path.split("/").at(-1) ?? ""}.`)),
      });
    },
    "recording.list": async () => {
      const recordings = lives().map((life) => ({
        sessionId: life.sessionId,
        path: life.path,
        generation: life.generation,
        isRunning: life.endedAt === undefined,
        outputBytes: life.outputBytes,
        keptBytes: life.outputBytes,
        diskBytes: Math.round(life.outputBytes / 4),
        ...(life.endedAt === undefined ? {} : { writtenAt: life.endedAt }),
      }));
      const sum = (pick: (one: (typeof recordings)[number]) => number) =>
        recordings.reduce((total, one) => total + pick(one), 0);
      return ok({
        recordings: recordings.toSorted((a, b) => b.diskBytes - a.diskBytes),
        count: recordings.length,
        keptBytes: sum((one) => one.keptBytes),
        diskBytes: sum((one) => one.diskBytes),
        isComplete: true,
      });
    },
    "recording.preview": async (input) =>
      ok("before" in input ? { recordings: 3, bytes: 48_200_000 } : { recordings: 1, bytes: 1_204_000 }),
    "recording.screen": async () => ok({ offset: 0, cols: 80, rows: 24, base64: "", isExact: true }),
    "recording.seek": async () => ok({ offset: 0 }),
    "events.read": async ({ from, to, pattern, text, limit, order }) => {
      const found = world.events.filter(
        (event) =>
          (from === undefined || event.seq >= from) &&
          (to === undefined || event.seq <= to) &&
          (pattern === undefined || subjectMatches(pattern, event.subject)) &&
          (text === undefined || JSON.stringify(event).toLowerCase().includes(text.toLowerCase())),
      );
      const ordered = order === "desc" ? found.toReversed() : found;
      return ok({ events: ordered.slice(0, limit), lastSeq: world.events.at(-1)?.seq ?? 0 });
    },
    "settings.get": async () => ok(world.settings),
    ...demoUsageQueries(),
  };
}
