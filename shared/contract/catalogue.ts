/** Everything that is spoken: the catalogue of the bus and the event log, and beside it the contract and its wire. */
import type { z } from "zod";
import { entries as spoken } from "../model/catalogue/catalogue.ts";
import { define, namedEntries } from "../model/catalogue/entry.ts";
import type { Entry, Family, MessageKind } from "../model/catalogue/entry.ts";
import { exampleOf } from "../model/catalogue/example.ts";
import { commands } from "./commands.ts";
import { PURPOSES } from "./purposes.ts";
import { queries } from "./queries.ts";
import { streams } from "./streams.ts";
import { wireMessages } from "./wireMessages.ts";

export type Named = readonly [name: string, entry: Entry];

/** By a name or its first word; what is not here is the app's own affair. */
const FAMILIES: Readonly<Record<string, Family>> = {
  registry: "tool",
  "session.send": "task",
  "budget.handover": "task",
  "budget.handback": "task",
  fleet: "supervision",
  node: "supervision",
  agent: "agent",
  agents: "agent",
  session: "agent",
  auth: "security",
  recording: "data",
  events: "data",
  stream: "stream",
  bus: "stream",
  deadLetters: "stream",
  inbox: "hook",
  memory: "memory",
  context: "memory",
  snapshot: "memory",
  snapshots: "memory",
  mail: "mailbox",
  mailbox: "mailbox",
  mailboxes: "mailbox",
  messages: "mailbox",
  servers: "tool",
  tools: "tool",
  workflow: "workflow",
  workflows: "workflow",
};

/** Their names in the documents this product grew from. */
const ALIASES: Readonly<Record<string, readonly string[]>> = {
  "node.start": ["agent_command", "SendCommand", "agent_command execute", "CommandRequest", "agent.start"],
  "node.stop": ["STOP", "TerminateAgent", "TERMINATE", "agent_command stop", "agent.stop"],
  "node.restart": ["RESTART", "RestartAgent", "agent_command restart", "agent.restart"],
  "node.pause": ["PAUSE", "PauseAgent", "agent_command pause", "agent.pause"],
  "node.resume": ["RESUME", "ResumeAgent", "agent_command resume", "agent.resume"],
  "node.drain": ["graceful shutdown"],
  "app.estop": ["SHUTDOWN force"],
  "app.quit": ["SHUTDOWN", "agent_command shutdown"],
  "app.doctor": [
    "Check",
    "HEALTH_CHECK",
    "HealthCheckRequest",
    "HealthCheckResponse",
    "system_health_check",
    "health.run",
  ],
  "app.info": ["GetStatus", "StatusRequest"],
  "fleet.addChild": [
    "RegisterAgent",
    "agent.create",
    "AgentRegistration",
    "agent_registration",
    "RegistrationResponse",
  ],
  "fleet.save": ["agent.configure", "agent_command configure"],
  "session.send": [
    "AssignTask",
    "TaskAssigned",
    "TASK_ASSIGN",
    "task_assignment",
    "task_assigned",
    "TaskAssignment",
    "TaskRequest",
    "session.send",
  ],
  "session.key": ["session.interrupt"],
  "agents.clis": ["AgentCapabilities", "GetCapabilities"],
  "inbox.answer": ["approval.decide", "hook.decide", "alert.acknowledge"],
  "inbox.snooze": ["alert.silence"],
  "events.read": ["EventFilter", "event.replay"],
  "usage.totals": ["MetricsSummary"],
  "stream.tree": ["StreamStatus", "DiscoverySubscription", "StreamAgentUpdates", "AgentList"],
  "stream.events": ["StreamEvents", "EventSubscription", "AgentEvent", "event"],
  "stream.logs": ["StreamLogs", "LogSubscription", "LogEntry", "TaskOutputMessage", "TaskOutputEvent"],
  "registry.find": ["DiscoveryQuery", "CapabilityQuery", "DiscoverAgents", "FindAgentsWithCapability"],
  "registry.invoke": ["ToolMessage"],
  "message.cancel": ["TASK_CANCEL", "TaskCancellation", "CancelTask"],
  "workflow.run": ["TaskStatus", "GetTaskStatus"],
  "workflow.start": ["OrchestrateWorkflow"],
  "memory.get": ["data.get"],
  "stream.usage": ["StreamMetrics"],
  "stream.status": ["Watch"],
};

const ASKED_BY = "The window, the browser and the command line, over the app's own protocol.";

interface Asked {
  readonly input: z.ZodType;
  readonly output: z.ZodType;
}

/** Not held against `Asked` one by one, for the compiler's sake: see `namedEntries`. */
function tableOf<T>(table: object): [string, T][] {
  return Object.entries(table);
}

const contractEntries = (): readonly Named[] => [
  ...tableOf<Asked>(commands).map(([name, asked]) => ask(name, "command", asked)),
  ...tableOf<Asked>(queries).map(([name, asked]) => ask(name, "query", asked)),
  ...tableOf<{ input: z.ZodType; item: z.ZodType }>(streams).map(([name, { input, item }]) =>
    ask(`stream.${name}`, "query", { input, output: item }),
  ),
];

function ask(name: string, kind: MessageKind, { input, output }: Asked): Named {
  const [first = ""] = name.split(".");
  return [
    name,
    define({
      family: FAMILIES[name] ?? FAMILIES[first] ?? "system",
      kind,
      purpose: PURPOSES[name] ?? "",
      spokenBy: ASKED_BY,
      channel: name.startsWith("stream.") ? "rpc open" : `rpc ${kind}`,
      aliases: ALIASES[name] ?? [],
      schema: input,
      answer: output,
      example: exampleOf(input),
    }),
  ];
}

let all: readonly Named[] | undefined;

/** In the order of their names. Made when it is first asked for: the examples cost a quarter of a second, and every start would pay. */
export function everyMessage(): readonly Named[] {
  return (all ??= [...spoken(), ...namedEntries(wireMessages), ...contractEntries()].toSorted(
    ([left, { kind }], [right, other]) => (left === right ? compare(kind, other.kind) : compare(left, right)),
  ));
}

/** An order and the event it leads to can be called the same: set, and set. */
export function messagesNamed(name: string): readonly Named[] {
  return everyMessage().filter(([known]) => known === name);
}

function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
