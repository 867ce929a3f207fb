import { describe, expect, it } from "vitest";
import { parseFleet } from "./parseFleet.ts";

const HEAD = `version: 1
name: appraisal
children:
  - { id: researcher, agent: claude }
`;

function parse(workflow: string) {
  return parseFleet(HEAD + workflow, { folder: "/files", homeDir: "/home/me", agents: ["claude"] });
}

function errors(workflow: string): readonly string[] {
  const parsed = parse(workflow);
  return parsed.ok ? [] : parsed.errors.map(({ line, column, message }) => `${line}:${column} ${message}`);
}

const GOOD = `workflow:
  name: appraise
  tokens: 40k
  input:
    image: { type: file, default: pictures/a.png }
  steps:
    - id: vision
      tool: vision.describe_image
      doing: analyzing
      with: { file: "\${input.image}" }
    - id: researcher
      agent: researcher
      needs: vision
      ask: "What is \${vision.summary}?"
      tokens: 10k
      plan_b: { tool: library.search, with: { words: "\${vision.summary}" } }
`;

describe("the workflow of a fleet file", () => {
  it("is read with its defaults: 30 s and 5 min, 3 retries, leases of 30 s and 300 s", () => {
    const parsed = parse(GOOD);
    expect(parsed.ok && parsed.fleet.workflows).toEqual([
      {
        name: "appraise",
        folder: "/files",
        inputs: [{ name: "image", type: "file", default: "pictures/a.png" }],
        tokens: 40_000,
        atOnce: 5,
        steps: [
          {
            id: "vision",
            call: { kind: "tool", server: "vision", tool: "describe_image", with: { file: "${input.image}" } },
            needs: [],
            doing: "analyzing",
            timeoutMs: 30_000,
            retries: 3,
            leaseMs: 30_000,
            gives: [],
            once: false,
          },
          {
            id: "researcher",
            call: { kind: "agent", agent: "researcher", ask: "What is ${vision.summary}?" },
            needs: ["vision"],
            doing: "working",
            timeoutMs: 300_000,
            retries: 3,
            leaseMs: 300_000,
            tokens: 10_000,
            gives: [],
            once: false,
            planB: {
              call: { kind: "tool", server: "library", tool: "search", with: { words: "${vision.summary}" } },
              timeoutMs: 30_000,
            },
          },
        ],
      },
    ]);
  });

  it("names a circle, an unknown need and a step of that name twice, with their places", () => {
    expect(
      errors(`workflow:
  steps:
    - { id: a, tool: x.y, needs: c }
    - { id: b, tool: x.y, needs: [a] }
    - { id: c, tool: x.y, needs: [b] }
`),
    ).toEqual([
      "7:27 The steps wait for each other in a circle: a needs c needs b needs a. Take one of the needs away.",
    ]);
    expect(
      errors("workflow:\n  steps:\n    - { id: vision, tool: x.y }\n    - { id: b, tool: x.y, needs: vison }\n"),
    ).toEqual(['8:27 b needs "vison", and there is no such step. Did you mean vision?']);
    expect(errors("workflow:\n  steps:\n    - { id: a, tool: x.y }\n    - { id: a, tool: x.y }\n")).toEqual([
      "8:9 There are two steps named a. Rename one.",
    ]);
  });

  it("wants the output of a step used only where that step is completed before", () => {
    expect(
      errors(`workflow:
  steps:
    - { id: a, tool: x.y }
    - { id: b, tool: x.y, with: { words: "\${a.text}" } }
    - { id: c, tool: x.y, with: { words: "\${input.txt}" } }
    - { id: d, tool: x.y, with: { words: "\${elsewhere.text}" } }
`),
    ).toEqual([
      "8:35 b uses the output of a, which may not be there yet. Add a to its needs.",
      '9:35 There is no input "txt". Declare it under "input".',
      "10:35 ${elsewhere.text} names no step. Steps are a, b, c, d.",
    ]);
  });

  it("wants a tool or an agent of this fleet, told what to do", () => {
    expect(
      errors(`workflow:
  steps:
    - { id: a }
    - { id: b, agent: researchr, ask: Look }
    - { id: c, agent: researcher }
    - { id: run, tool: nodot }
    - { id: run, tool: x.y, timout: 3s }
`),
    ).toEqual([
      '10:18 "workflow.steps.3.tool" must be "server.tool".',
      '11:29 "timout" is not a key here. Did you mean timeout? Keys are id, tool, agent, with, ask, timeout, needs, doing, retries, lease, tokens, gives, once, plan_b, undo.',
    ]);
    expect(
      errors(`workflow:
  steps:
    - { id: a }
    - { id: b, agent: researchr, ask: Look }
    - { id: c, agent: researcher }
    - { id: run, tool: x.y }
`),
    ).toEqual([
      "7:7 a needs either a tool or an agent.",
      '8:16 There is no agent "researchr" in appraisal. Did you mean researcher?',
      '9:16 c does not say what the agent is to do. Add "ask".',
      "10:9 A step cannot be called run; ${run.…} means something else.",
    ]);
  });

  it("says how a step is undone, and its plan B, with what the step itself gave", () => {
    const parsed = parse(`workflow:
  on_failure: undo
  steps:
    - id: book
      tool: rooms.book
      plan_b: { tool: inns.book, undo: { tool: inns.cancel, with: { id: "\${book.id}" }, timeout: 5s } }
      undo: { agent: researcher, ask: "Cancel \${book.id}" }
`);
    expect(parsed.ok && parsed.fleet.workflows?.[0]).toMatchObject({
      onFailure: "undo",
      steps: [
        {
          planB: { undo: { call: { server: "inns", tool: "cancel", with: { id: "${book.id}" } }, timeoutMs: 5000 } },
          undo: { call: { kind: "agent", agent: "researcher", ask: "Cancel ${book.id}" }, timeoutMs: 300_000 },
        },
      ],
    });
  });

  it("names the line of an undo that cannot work", () => {
    expect(
      errors(`workflow:
  on_failure: undo
  steps:
    - { id: a, tool: x.y, undo: { tool: x.z, with: { id: "\${a.id}", other: "\${b.id}" } } }
    - { id: b, tool: x.y, needs: a }
`),
    ).toEqual([
      "8:69 a uses the output of b, which may not be there yet. Add b to its needs, or take this away if b comes after it.",
    ]);
    expect(errors("workflow:\n  steps:\n    - { id: a, tool: x.y, undo: { agent: nobody, ask: Go } }\n")).toEqual([
      '7:35 There is no agent "nobody" in appraisal.',
    ]);
    expect(errors("workflow:\n  steps:\n    - { id: a, tool: x.y, undo: { tool: x.y, retries: 2 } }\n")).toEqual([
      '7:46 "retries" is not a key here. Keys are tool, agent, with, ask, timeout.',
    ]);
    expect(errors("workflow:\n  on_failure: undo\n  steps:\n    - { id: a, tool: x.y }\n")).toEqual([
      "6:3 No step says how it is undone. Add undo to a step, or take this away.",
    ]);
  });

  it("has at most ten steps", () => {
    const steps = Array.from({ length: 11 }, (_, index) => `    - { id: s${index}, tool: x.y }\n`).join("");
    expect(errors(`workflow:\n  steps:\n${steps}`)[0]).toContain("must have at most 10 steps");
  });
});
