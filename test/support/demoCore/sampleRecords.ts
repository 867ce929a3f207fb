/** A fake for looking at screens: inbox items, lives, events, agent CLIs and past sessions of the sample fleet. */
import type { AgentCli, PastSession } from "#shared/model/agentCli.ts";
import type { StoredEvent } from "#shared/model/event.ts";
import type { InboxItem } from "#shared/model/inbox.ts";
import type { Life, TreeNode } from "#shared/model/node.ts";
import { sessionIdOf } from "./sampleFleets.ts";

const MINUTE = 60_000;
const ago = (now: number, ms: number) => new Date(now - ms).toISOString();

export function sampleInbox(now: number): InboxItem[] {
  const base = { irreversible: false, via: "hook", status: "open" } as const;
  const answered = { ...base, status: "answered" as const, options: [] as InboxItem["options"] };
  return [
    {
      ...base,
      id: "perm-1",
      kind: "permission",
      path: "fleet/test-writer",
      agent: "claude",
      title: "test-writer wants to run a command",
      body: "pnpm exec prisma migrate reset --force",
      reason: "The test database has drifted from the migration history. It wants a clean run of 18 tests.",
      irreversible: true,
      since: ago(now, 2 * MINUTE + 8_000),
      options: [
        { id: "allow", label: "Allow once", hint: "runs this exact command", key: "y", takesText: false },
        {
          id: "allow_session",
          label: "Allow for this session",
          hint: "any prisma migrate in ~/code/checkout, until the life ends",
          key: "s",
          takesText: false,
        },
        { id: "deny", label: "Deny", hint: "the agent is told no and continues", key: "n", takesText: false },
        { id: "deny_say", label: "Deny and say what to do instead", key: "e", takesText: true },
      ],
    },
    {
      ...base,
      id: "q-1",
      kind: "question",
      path: "fleet/a11y-fixer",
      agent: "opencode",
      title: "a11y-fixer has a question",
      body: "Keep the visible skip link, or show it on focus only? Both pass the checks. The design file shows it on focus, the style guide says always visible.",
      via: "keys",
      since: ago(now, 9 * MINUTE + 12_000),
      options: [
        { id: "1", label: "Show on focus only", hint: "as in the design file", key: "1", takesText: false },
        { id: "2", label: "Always visible", hint: "as in the style guide", key: "2", takesText: false },
        { id: "3", label: "You decide", hint: "the agent picks and notes why", key: "3", takesText: false },
        { id: "say", label: "Answer in your own words", key: "e", takesText: true },
      ],
    },
    {
      ...base,
      id: "esc-1",
      kind: "escalated",
      path: "fleet/data-pipeline",
      title: "data-pipeline escalated to fleet",
      body: "3 of 3 restarts used in 41 s. ingest cannot reach Postgres on 5432. Start Postgres on 5432, then restart data-pipeline.",
      via: "action",
      since: ago(now, 8 * MINUTE),
      options: [
        { id: "restart", label: "Restart data-pipeline", hint: "3 agents, all resume", key: "r", takesText: false },
        { id: "leave", label: "Leave it down", key: "d", takesText: false },
      ],
    },
    {
      ...base,
      id: "letter:412",
      kind: "dead_letter",
      path: "Dead letter 412",
      title: "Dead letter 412 could not be healed",
      body: "task.assign for loader: not found. Nobody takes these messages now.",
      via: "action",
      since: ago(now, 8 * MINUTE),
      options: [
        {
          id: "retry",
          label: "Send it again",
          hint: "loader gets it as it was, now; nobody else hears it again",
          key: "r",
          takesText: false,
        },
        {
          id: "edit",
          label: "Change it and send it again",
          hint: "The original is kept beside it",
          key: "e",
          takesText: true,
        },
        {
          id: "discard",
          label: "Discard it",
          hint: "loader never gets it. Kept seven days, and can be taken back",
          key: "d",
          takesText: false,
        },
      ],
    },
    {
      ...base,
      id: "login-1",
      kind: "needs_login",
      path: "fleet/translator-de",
      agent: "claude",
      title: "translator-de needs you to sign in",
      body: "Claude Code is not signed in. Run `claude` once in a terminal, then check again.",
      via: "action",
      since: ago(now, 3 * MINUTE),
      options: [{ id: "retry", label: "Signed in, start again", key: "r", takesText: false }],
    },
    {
      ...answered,
      id: "a-1",
      kind: "permission",
      path: "fleet/ui-builder",
      agent: "claude",
      title: "ui-builder wants to run a command",
      body: "pnpm add -D msw",
      answer: "Allowed",
      since: ago(now, 16 * MINUTE),
    },
    {
      ...answered,
      id: "a-2",
      kind: "question",
      path: "fleet/planner",
      agent: "claude",
      title: "planner has a question",
      body: "One task per endpoint, or one for all?",
      answer: "One task per endpoint",
      since: ago(now, 45 * MINUTE),
    },
    {
      ...answered,
      id: "a-3",
      kind: "permission",
      path: "fleet/ingest",
      agent: "codex",
      title: "ingest wants to run a command",
      body: "sudo service postgresql start",
      answer: "Denied",
      since: ago(now, 9 * MINUTE),
    },
    {
      ...answered,
      id: "a-4",
      kind: "permission",
      path: "fleet/loader",
      agent: "opencode",
      title: "loader wants to run a command",
      body: "dbt run",
      status: "withdrawn",
      since: ago(now, 8 * MINUTE),
    },
  ];
}

/** As many lives as its generation says. */
export function sampleLives(nodes: readonly TreeNode[], now: number): Life[] {
  return nodes.flatMap((node, index) =>
    Array.from({ length: node.sessionId === undefined ? 0 : node.generation }, (_, back) =>
      back === 0 ? lastLife(node, index, now) : earlierLife(node, { index, back, now }),
    ),
  );
}

function lastLife(node: TreeNode, index: number, now: number): Life {
  const { generation, cliSessionId } = node;
  const life = {
    sessionId: node.sessionId ?? "",
    path: node.path,
    generation,
    mode: generation === 1 ? ("fresh" as const) : ("resumed" as const),
    agent: node.agent ?? "command",
    startedAt: node.startedAt ?? ago(now, 40 * MINUTE),
    outputBytes: 4000 + index * 700,
    outputStart: (generation - 1) * 90_000,
    ...(cliSessionId === undefined ? {} : { cliSessionId }),
  };
  if (node.pid !== undefined) return { ...life, pid: node.pid };
  return {
    ...life,
    endedAt: node.stateSince,
    exitCause: node.exitCause ?? "done",
    exitCode: node.exitCause === "done" ? 0 : 1,
    exitDetail: node.exitDetail ?? "Exit 0",
  };
}

function earlierLife(
  node: TreeNode,
  { index, back, now }: { readonly index: number; readonly back: number; readonly now: number },
): Life {
  const generation = node.generation - back;
  return {
    sessionId: sessionIdOf(1000 + index * 20 + generation),
    path: node.path,
    generation,
    mode: generation === 1 ? "fresh" : "resumed",
    agent: node.agent ?? "command",
    startedAt: ago(now, (40 + back * 70) * MINUTE),
    endedAt: ago(now, (45 + (back - 1) * 70) * MINUTE),
    exitCause: "crashed",
    exitCode: 1,
    exitDetail: "Exit 1",
    outputBytes: 90_000,
    outputStart: (generation - 1) * 90_000,
  };
}

export function sampleEvents(now: number): StoredEvent[] {
  const lines: readonly (readonly [number, string, string, Record<string, unknown>])[] = [
    [
      26 * MINUTE,
      "ws.fleet.agent.changelog.exited",
      "agent.exited",
      { path: "fleet/changelog", code: 0, cause: "done", detail: "Exit 0" },
    ],
    [
      16 * MINUTE,
      "ws.fleet.agent.ui-builder.answered",
      "inbox.answered",
      { path: "fleet/ui-builder", answer: "Allowed" },
    ],
    [
      12 * MINUTE,
      "ws.fleet.agent.docs-writer.parked",
      "agent.rate_limited",
      { path: "fleet/docs-writer", until: new Date(now + 14 * MINUTE).toISOString() },
    ],
    [
      9 * MINUTE,
      "ws.fleet.agent.a11y-fixer.asked",
      "agent.question_asked",
      { path: "fleet/a11y-fixer", text: "Keep the visible skip link, or show it on focus only?" },
    ],
    [
      8 * MINUTE + 41_000,
      "ws.fleet.agent.ingest.exited",
      "agent.exited",
      { path: "fleet/ingest", code: 1, cause: "crashed", detail: "Exit 1" },
    ],
    [
      8 * MINUTE + 20_000,
      "ws.fleet.agent.ingest.exited",
      "agent.exited",
      { path: "fleet/ingest", code: 1, cause: "crashed", detail: "Exit 1" },
    ],
    [
      8 * MINUTE + 1_000,
      "ws.fleet.agent.ingest.gave_up",
      "agent.gave_up",
      { path: "fleet/ingest", restarts: 3, inMs: 41_000 },
    ],
    [
      8 * MINUTE + 900,
      "ws.fleet.agent.transform.stopped",
      "agent.stopped",
      { path: "fleet/transform", why: "one_for_all, sibling ingest" },
    ],
    [
      8 * MINUTE + 800,
      "ws.fleet.agent.loader.stopped",
      "agent.stopped",
      { path: "fleet/loader", why: "one_for_all, sibling ingest" },
    ],
    [
      8 * MINUTE,
      "ws.fleet.supervisor.data-pipeline.escalated",
      "supervisor.escalated",
      { path: "fleet/data-pipeline", to: "fleet", used: "3 of 3" },
    ],
    [
      2 * MINUTE,
      "ws.fleet.agent.test-writer.asked",
      "agent.permission_asked",
      { path: "fleet/test-writer", command: "pnpm exec prisma migrate reset --force" },
    ],
    [
      MINUTE,
      "ws.fleet.agent.log-triage.started",
      "agent.started",
      { path: "fleet/log-triage", generation: 2, mode: "resumed" },
    ],
    [
      12_000,
      "ws.fleet.agent.e2e-runner.exited",
      "agent.exited",
      { path: "fleet/e2e-runner", code: 1, cause: "crashed", detail: "Exit 1" },
    ],
    [
      2_000,
      "ws.fleet.agent.dep-updater.started",
      "agent.started",
      { path: "fleet/dep-updater", generation: 2, mode: "resumed" },
    ],
  ];
  const first = 48_213 - lines.length + 1;
  return lines.map(([ms, subject, type, data], index) => ({
    seq: first + index,
    time: ago(now, ms),
    subject,
    type,
    actor: type === "inbox.answered" ? "person" : "supervisor",
    data,
  }));
}

export const SAMPLE_CLIS: readonly AgentCli[] = [
  {
    id: "claude",
    name: "Claude Code",
    installed: true,
    version: "2.1.4",
    path: "/home/ada/.local/bin/claude",
    signIn: "signed_in",
  },
  {
    id: "codex",
    name: "Codex",
    installed: true,
    version: "0.58.0",
    path: "/home/ada/.local/bin/codex",
    signIn: "signed_in",
  },
  {
    id: "opencode",
    name: "opencode",
    installed: true,
    version: "1.0.31",
    path: "/home/ada/.opencode/bin/opencode",
    signIn: "unknown",
  },
  {
    id: "gemini",
    name: "Gemini CLI",
    installed: false,
    signIn: "unknown",
    advice: "Not found. Install it with npm i -g @google/gemini-cli, then check again.",
  },
];

export function samplePastSessions(now: number): PastSession[] {
  return [
    {
      agent: "claude",
      cliSessionId: "7f3c2a10",
      cwd: "/home/ada/code/checkout",
      title: "Restore orders from backup",
      updatedAt: ago(now, 3 * 60 * MINUTE),
      messages: 84,
    },
    {
      agent: "codex",
      cliSessionId: "19aa33c1",
      cwd: "/home/ada/code/web",
      title: "Update dependencies",
      updatedAt: ago(now, 26 * 60 * MINUTE),
      messages: 31,
    },
  ];
}
