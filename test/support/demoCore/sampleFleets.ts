/** A fake for looking at screens: one fleet shaped like the design's, with an agent in each of the 15 states, and fleets of any size. */
import type { Fleet, TreeNode } from "#shared/model/node.ts";
import { NODE_STATES } from "#shared/model/states.ts";
import type { NodeState, Strategy } from "#shared/model/states.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;

/** A stable id that looks like the keeper's. */
export function sessionIdOf(index: number): string {
  return `00000000-0000-4000-8000-${String(index).padStart(12, "0")}`;
}

interface AgentSketch {
  readonly id: string;
  readonly agent: string;
  readonly state: NodeState;
  /** How long the state has held. */
  readonly forMs: number;
  readonly detail: string;
  readonly more?: Partial<TreeNode>;
}

interface Sketcher {
  readonly fleet: string;
  readonly now: number;
  next: number;
}

function agentNode(sketcher: Sketcher, { id, agent, state, forMs, detail, more }: AgentSketch): TreeNode {
  const isDown = ["backoff", "stopped", "done", "crashed", "gave_up"].includes(state);
  sketcher.next += 1;
  return {
    id,
    path: `${sketcher.fleet}/${id}`,
    kind: "agent",
    restart: "transient",
    agent,
    command: agent === "command" ? (detail.split(",")[0] ?? id) : agent,
    cwd: agent === "opencode" ? "/home/ada/code/web" : "/home/ada/code/checkout",
    state,
    stateSince: new Date(sketcher.now - forMs).toISOString(),
    detail,
    health: isDown ? "unhealthy" : "healthy",
    restarts: 0,
    generation: 1,
    mode: "fresh",
    sessionId: sessionIdOf(sketcher.next),
    startedAt: new Date(sketcher.now - forMs - 40 * MINUTE).toISOString(),
    ...(isDown ? {} : { pid: 4000 + sketcher.next }),
    ...(agent === "command" ? {} : { cliSessionId: `7f3c${sketcher.next}` }),
    children: [],
    ...more,
  };
}

interface SupervisorSketch {
  readonly id: string;
  readonly strategy: Strategy;
  readonly used: number;
  readonly intensity: number;
  readonly state?: NodeState;
  readonly detail?: string;
  readonly forMs?: number;
}

function supervisorNode(sketcher: Sketcher, sketch: SupervisorSketch, children: readonly TreeNode[]): TreeNode {
  return {
    id: sketch.id,
    path: sketch.id === sketcher.fleet ? sketch.id : `${sketcher.fleet}/${sketch.id}`,
    kind: "supervisor",
    strategy: sketch.strategy,
    intensity: sketch.intensity,
    periodMs: 60_000,
    restartsInWindow: sketch.used,
    restart: "permanent",
    state: sketch.state ?? "busy",
    stateSince: new Date(sketcher.now - (sketch.forMs ?? 3 * 60 * MINUTE)).toISOString(),
    ...(sketch.detail === undefined ? {} : { detail: sketch.detail }),
    health: sketch.state === undefined ? "healthy" : "critical",
    restarts: sketch.used,
    generation: 1,
    children: [...children],
  };
}

/** The design's fleet. `now`: ms since 1970. */
export function sampleFleet(now: number): Fleet {
  const sketcher: Sketcher = { fleet: "fleet", now, next: 0 };
  const agent = (id: string, kind: string, state: NodeState, rest: readonly [number, string, Partial<TreeNode>?]) =>
    agentNode(sketcher, {
      id,
      agent: kind,
      state,
      forMs: rest[0],
      detail: rest[1],
      ...(rest[2] === undefined ? {} : { more: rest[2] }),
    });
  const at = (ms: number) => new Date(now + ms).toISOString();
  const checkout = supervisorNode(sketcher, { id: "checkout-api", strategy: "rest_for_one", used: 1, intensity: 5 }, [
    agent("planner", "claude", "idle", [6 * MINUTE, "Last: split tax work into 5 tasks"]),
    agent("schema-migrator", "claude", "busy", [
      4 * MINUTE,
      "Backfilling orders.tax_region, step 3 of 5",
      { generation: 3, restarts: 2, mode: "resumed" },
    ]),
    agent("api-builder", "codex", "busy", [11 * MINUTE, "Adding PATCH /orders/:id/tax with tests"]),
    agent("test-writer", "claude", "waiting_permission", [
      2 * MINUTE + 8 * SECOND,
      "wants to run pnpm exec prisma migrate reset --force",
    ]),
    agent("reviewer", "gemini", "idle", [18 * MINUTE, "Last: 3 comments on checkout#482"]),
  ]);
  const web = supervisorNode(sketcher, { id: "web-app", strategy: "one_for_one", used: 2, intensity: 5 }, [
    agent("ui-builder", "claude", "busy", [38 * SECOND, "Checkout summary: show tax by region"]),
    agent("a11y-fixer", "opencode", "waiting_answer", [9 * MINUTE + 12 * SECOND, "asks about the skip link"]),
    agent("e2e-runner", "command", "backoff", [
      8 * SECOND,
      "npm run e2e, port 4173 in use. 2 of 5 restarts in 60 s used.",
      { exitCause: "crashed", exitDetail: "Exit 1", nextStartAt: at(12 * SECOND), restarts: 2, generation: 3 },
    ]),
    agent("storybook", "command", "paused", [22 * MINUTE, "npm run storybook", { pauseKind: "frozen" }]),
  ]);
  const pipeline = supervisorNode(
    sketcher,
    {
      id: "data-pipeline",
      strategy: "one_for_all",
      used: 3,
      intensity: 3,
      state: "escalated",
      detail: "3 of 3 restarts used in 41 s. ingest cannot reach Postgres on 5432.",
      forMs: 8 * MINUTE,
    },
    [
      agent("ingest", "codex", "gave_up", [
        8 * MINUTE,
        "3 restarts in 41 s, each with exit 1: ECONNREFUSED 127.0.0.1:5432. Took 2 siblings with it.",
        { exitCause: "crashed", exitDetail: "Exit 1", restarts: 3, generation: 4 },
      ]),
      agent("transform", "codex", "stopped", [8 * MINUTE, "Stopped with ingest", { exitCause: "stopped" }]),
      agent("loader", "opencode", "stopped", [8 * MINUTE, "Stopped with ingest", { exitCause: "stopped" }]),
    ],
  );
  const docs = supervisorNode(sketcher, { id: "docs", strategy: "one_for_one", used: 0, intensity: 3 }, [
    agent("docs-writer", "claude", "rate_limited", [
      44 * MINUTE,
      "Weekly limit window. 1 turn is queued and runs then.",
      { nextStartAt: at(14 * MINUTE) },
    ]),
    agent("changelog", "gemini", "done", [
      25 * MINUTE,
      "Release notes for 4.18",
      { exitCause: "done", exitDetail: "Exit 0" },
    ]),
    agent("translator-de", "claude", "needs_login", [
      3 * MINUTE,
      "Claude Code is not signed in. Run `claude` once in a terminal, then check again.",
    ]),
  ]);
  const ops = supervisorNode(sketcher, { id: "ops", strategy: "one_for_one", used: 4, intensity: 5 }, [
    agent("ci-watcher", "command", "busy", [192 * MINUTE, "gh run watch, run 8841 of feat/tax-ui"]),
    agent("dep-updater", "codex", "starting", [
      2 * SECOND,
      "Life 2, resuming session 19aa",
      { generation: 2, mode: "resumed", restarts: 1 },
    ]),
    agent("log-triage", "opencode", "busy", [MINUTE, "Grouping 214 new errors from staging"]),
    agent("nightly-bench", "command", "crashed", [
      51 * MINUTE,
      "npm run bench",
      { restart: "temporary", exitCause: "crashed", exitDetail: "Killed by SIGKILL" },
    ]),
    agent("cache-warmer", "command", "stopping", [SECOND, "npm run warm"]),
  ]);
  const root = supervisorNode(sketcher, { id: "fleet", strategy: "one_for_one", used: 1, intensity: 5 }, [
    checkout,
    web,
    pipeline,
    docs,
    ops,
  ]);
  return { name: "fleet", file: "/home/ada/code/fleet.yaml", status: "up", autostart: true, root };
}

/** A small second fleet that is down. */
export function downFleet(now: number): Fleet {
  const sketcher: Sketcher = { fleet: "shop", now, next: 500 };
  const child = agentNode(sketcher, {
    id: "api",
    agent: "command",
    state: "stopped",
    forMs: 9 * 60 * MINUTE,
    detail: "npm run dev",
  });
  return {
    name: "shop",
    file: "/home/ada/code/shop/shop.yaml",
    status: "down",
    autostart: false,
    root: supervisorNode(sketcher, { id: "shop", strategy: "rest_for_one", used: 0, intensity: 3, state: "stopped" }, [
      child,
    ]),
  };
}

/** A fleet with `agents` agents in groups of ten, in all states, mostly quiet ones. */
export function bigFleet(agents: number, now: number): Fleet {
  const sketcher: Sketcher = { fleet: "fleet", now, next: 0 };
  const groups: TreeNode[] = [];
  for (let first = 0; first < agents; first += 10) {
    const children = Array.from({ length: Math.min(10, agents - first) }, (_, index) => {
      const number = first + index;
      const state: NodeState =
        number % 7 === 3
          ? (NODE_STATES[Math.floor(number / 7) % NODE_STATES.length] ?? "idle")
          : number % 3 === 0
            ? "busy"
            : "idle";
      return agentNode(sketcher, {
        id: `worker-${String(number + 1).padStart(3, "0")}`,
        agent: ["claude", "codex", "opencode", "command"][number % 4] ?? "command",
        state,
        forMs: ((number * 37) % 180) * MINUTE,
        detail: `Task ${number + 100}`,
        ...(state === "backoff" ? { more: { nextStartAt: new Date(now + 20_000).toISOString() } } : {}),
      });
    });
    const strategy: Strategy =
      (["one_for_one", "rest_for_one", "one_for_all"] as const)[(first / 10) % 3] ?? "one_for_one";
    groups.push(
      supervisorNode(
        sketcher,
        { id: `group-${first / 10 + 1}`, strategy, used: (first / 10) % 3, intensity: 5 },
        children,
      ),
    );
  }
  return {
    name: "fleet",
    file: "/home/ada/code/fleet.yaml",
    status: "up",
    autostart: true,
    root: supervisorNode(sketcher, { id: "fleet", strategy: "one_for_one", used: 0, intensity: 5 }, groups),
  };
}
