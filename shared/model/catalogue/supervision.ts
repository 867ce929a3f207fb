/** What supervisors do: restarts, escalations, and the fleets they stand in. */
import { z } from "zod";
import { strategySchema } from "../states.ts";
import { count, detail, id, older, path, stored } from "./entry.ts";

const periodMs = z.number().min(0);
const restartCounted = z.strictObject({ path, supervisor: path, restartsInWindow: count, intensity: count, periodMs });
const restartScheduled = z.strictObject({ path, delayMs: count, attempt: count, supervisor: path });
/** The delay was once written with its jitter's fractions. */
const fractional = older(1, restartScheduled.extend({ delayMs: z.number().min(0) }), (data) => ({
  ...data,
  delayMs: Math.round(data.delayMs),
}));
const troubled = z.strictObject({
  path,
  child: id,
  reason: detail,
  intensity: count,
  periodMs,
  to: id.nullable(),
});
const fleet = z.strictObject({ fleet: id });
const fleetFile = z.strictObject({ fleet: id, file: z.string() });
const COUNTED = { path: "desk/writer", supervisor: "desk", restartsInWindow: 2, intensity: 3, periodMs: 60_000 };
const SCHEDULED = { path: "desk/writer", delayMs: 400, attempt: 2, supervisor: "desk" };
const FILE = { fleet: "desk", file: "/home/ada/desk.yaml" };

export const supervisionMessages = {
  "agent.restart_counted": stored({
    family: "supervision",
    purpose: "A restart of an agent counts toward its supervisor's intensity.",
    spokenBy: "The agent's supervisor.",
    channel: "ws.{fleet}.agent.{id}.restart_counted",
    aliases: ["AGENT_RESTARTED", "AgentUnhealthy", "HEALTH_CHECK_FAILED"],
    schema: restartCounted,
    example: COUNTED,
  }),
  "agent.restart_scheduled": stored({
    family: "supervision",
    purpose: "An agent will be started again after its backoff.",
    spokenBy: "The agent's supervisor.",
    channel: "ws.{fleet}.agent.{id}.restart_scheduled",
    version: 2,
    older: [fractional],
    schema: restartScheduled,
    example: SCHEDULED,
  }),
  "supervisor.started": stored({
    family: "supervision",
    purpose: "A supervisor stands, with the rule by which it restarts its children.",
    spokenBy: "The supervisor.",
    channel: "ws.{fleet}.supervisor.{id}.started",
    schema: z.strictObject({ path, strategy: strategySchema, intensity: count, periodMs }),
    example: { path: "desk", strategy: "one_for_one", intensity: 3, periodMs: 60_000 },
  }),
  "supervisor.restart_counted": stored({
    family: "supervision",
    purpose: "A restart of a supervisor counts toward the intensity of the one above.",
    spokenBy: "The supervisor above.",
    channel: "ws.{fleet}.supervisor.{id}.restart_counted",
    schema: restartCounted,
    example: { ...COUNTED, path: "desk/research" },
  }),
  "supervisor.restart_scheduled": stored({
    family: "supervision",
    purpose: "A supervisor will be started again after its backoff.",
    spokenBy: "The supervisor above.",
    channel: "ws.{fleet}.supervisor.{id}.restart_scheduled",
    version: 2,
    older: [fractional],
    schema: restartScheduled,
    example: { ...SCHEDULED, path: "desk/research" },
  }),
  "supervisor.escalated": stored({
    family: "supervision",
    purpose: "A supervisor used up its intensity; the one above decides.",
    spokenBy: "The supervisor that ends.",
    channel: "ws.{fleet}.supervisor.{id}.escalated",
    aliases: ["Escalate", "escalated"],
    schema: troubled,
    example: {
      path: "desk/research",
      child: "reader",
      reason: "Exit 1",
      intensity: 3,
      periodMs: 60_000,
      to: "desk",
    },
  }),
  "supervisor.gave_up": stored({
    family: "supervision",
    purpose: "A top supervisor used up its intensity; nothing starts until a person says so.",
    spokenBy: "The fleet's top supervisor.",
    channel: "ws.{fleet}.supervisor.{id}.gave_up",
    aliases: ["quarantined"],
    schema: troubled,
    example: { path: "desk", child: "writer", reason: "Exit 1", intensity: 3, periodMs: 60_000, to: null },
  }),
  "fleet.up": stored({
    family: "supervision",
    purpose: "A fleet was read from its file and is to run.",
    spokenBy: "The core, for a person or at its start.",
    channel: "ws.{fleet}.fleet.up",
    schema: fleetFile,
    example: FILE,
  }),
  "fleet.learnt": stored({
    family: "supervision",
    purpose: "A fleet was read from its file and stays as it was, running or not.",
    aliases: ["Created"],
    spokenBy: "The core, for a person.",
    channel: "ws.{fleet}.fleet.learnt",
    schema: fleetFile,
    example: FILE,
  }),
  "fleet.down": stored({
    family: "supervision",
    purpose: "A fleet was stopped, all its agents with it.",
    spokenBy: "The core, for a person; `emergency` in an emergency stop.",
    channel: "ws.{fleet}.fleet.down",
    schema: z.strictObject({ fleet: id, stopped: count.optional(), emergency: z.boolean().optional() }),
    example: { fleet: "desk", stopped: 4 },
  }),
  "fleet.reloaded": stored({
    family: "supervision",
    purpose: "The fleet's file changed, and the difference was applied.",
    aliases: ["CAPABILITY_CHANGE", "CapabilityUpdated", "CapabilityRegistration", "RegisterCapability"],
    spokenBy: "The core, when the file changes on disk or in the window.",
    channel: "ws.{fleet}.fleet.reloaded",
    schema: fleetFile,
    example: FILE,
  }),
  "fleet.file_refused": stored({
    family: "supervision",
    purpose: "The fleet's file has an error; what ran before goes on.",
    spokenBy: "The core, when the file changes on disk.",
    channel: "ws.{fleet}.fleet.file_refused",
    schema: z.looseObject({ fleet: id, message: detail }),
    example: { fleet: "desk", message: "There is no strategy one_for_al.", line: 4, column: 13 },
  }),
  "fleet.forgotten": stored({
    family: "supervision",
    purpose: "A fleet that is down is no longer known; its file stays.",
    spokenBy: "The core, for a person.",
    channel: "ws.{fleet}.fleet.forgotten",
    schema: fleetFile,
    example: FILE,
  }),
  "fleet.interrupted": stored({
    family: "supervision",
    purpose: "A fleet ran when the machine stopped, and waits for one click.",
    spokenBy: "The core at its start.",
    channel: "ws.{fleet}.fleet.interrupted",
    schema: fleet,
    example: { fleet: "desk" },
  }),
  "fleet.gave_up": stored({
    family: "supervision",
    purpose: "The fleet's top supervisor gave up.",
    spokenBy: "The core, after the top supervisor.",
    channel: "ws.{fleet}.fleet.gave_up",
    schema: fleet,
    example: { fleet: "desk" },
  }),
  "fleet.autostart_set": stored({
    family: "supervision",
    purpose: "A person says whether the fleet may start by itself.",
    spokenBy: "The core, for a person.",
    channel: "ws.{fleet}.fleet.autostart_set",
    schema: z.strictObject({ fleet: id, autostart: z.boolean() }),
    example: { fleet: "desk", autostart: true },
  }),
};
