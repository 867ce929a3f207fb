/**
 * Every message name of the documents this product grew from (mission 1.4 and Appendix A): found in the catalogue by that
 * name, or named here with the reason why nobody speaks it.
 */
import { expect, it } from "vitest";
import { everyMessage } from "./catalogue.ts";

const NAMES: Readonly<Record<string, string>> = {
  "JSON Schema messages (1.4.2)": `agent_command agent_status agent_registration task_assignment task_result task_progress
    workflow_coordination workflow_state_sync hook_event hook_response system_alert system_health_check`,
  "typed families (1.4.3)": `START STOP PAUSE RESUME HEALTH_CHECK RESTART SHUTDOWN TASK_ASSIGN TASK_PROGRESS TASK_COMPLETE
    TASK_FAILED TASK_CANCEL REQUEST RESPONSE NOTIFICATION COLLABORATION SPAWN TERMINATE RESOURCE_UPDATE CAPABILITY_CHANGE
    PRE_TASK POST_TASK ON_ERROR ON_FILE_CHANGE STARTUP`,
  "CLI transport (1.4.4)": "HookEventMessage HookResponse TaskOutputMessage TaskOutputEvent",
  "gRPC operations (1.4.5)": `SendCommand GetStatus RegisterAgent GetCapabilities StreamStatus StreamEvents StreamLogs
    UploadResults StreamMetrics AgentChat TaskCoordination AssignTask GetTaskStatus CancelTask StreamTaskProgress
    SubmitResult SubmitTasks CollectMetrics DiscoverAgents RegisterCapability FindAgentsWithCapability StreamAgentUpdates
    CoordinateAgents OrchestrateWorkflow Check Watch`,
  "gRPC messages (1.4.5)": `CommandRequest CommandResponse StatusRequest AgentStatus AgentRegistration RegistrationResponse
    AgentIdentifier AgentCapabilities EventSubscription EventFilter AgentEvent LogSubscription LogEntry TaskRequest
    TaskAssignment TaskAcceptance TaskIdentifier TaskStatus TaskProgress TaskCancellation TaskResult ResultAcknowledgment
    UploadSummary BatchResponse AgentMetrics MetricsSummary MetricsBatch MetricsAck AgentMessage CoordinationMessage
    CoordinationResponse WorkflowEvent WorkflowUpdate DiscoveryQuery AgentList CapabilityRegistration CapabilityQuery
    DiscoverySubscription AgentUpdate HealthCheckRequest HealthCheckResponse TASK_START TASK_END ERROR_OCCURRED`,
  "WebSocket (1.4.6)": `event command response heartbeat error agent_status_changed task_assigned task_completed`,
  "event bus (1.4.7)": `Started Stopping Stopped HealthCheckPassed HealthCheckFailed ConfigurationChanged
    ResourcePoolExhausted CircuitBreakerOpen CircuitBreakerClosed Created Failed MessageReceived MessageProcessed
    StateChanged Registered Unregistered ExecutionStarted ExecutionCompleted ExecutionFailed PermissionDenied`,
  "others (1.4.8)": `AgentUnhealthy RestartAgent PauseAgent ResumeAgent TerminateAgent FatalError AgentSpawned
    StateTransition TaskAssigned TaskCompleted CapabilityUpdated MessageEnqueued MessageDequeued BackpressureActivated
    MessageDropped QueueFull CoreToData DataToTransport SecurityToAll ObservabilityFromAll ToolMessage`,
  "families without a schema (1.4.9)": `query.request query.result stream.pause stream.resume stream.ack stream.nack
    stream.credit security.login security.denied security.policy_changed security.secret_accessed security.key_rotated
    data.put data.get data.delete data.migrated data.backup_started data.backup_finished`,
};

const NOT_SPOKEN: Readonly<Record<string, string>> = {
  AgentIdentifier: "A field of messages, no message: fleet/id.",
  TaskIdentifier: "A field of messages, no message: a run and its step.",
  ResultAcknowledgment: "Every command is answered rpc.ok; a result has no answer of its own.",
  MetricsAck: "Usage is read where it arises, so nobody waits for a receipt.",
  UploadSummary: "Results are not uploaded in pieces: they stand in the output log or in a context.",
  BatchResponse: "There are no batches: each order is answered by itself.",
  SubmitTasks: "There are no batches: each order is answered by itself.",
  HealthCheckPassed: "An agent's health is its activity and its exit; app.doctor answers whoever asks.",
  HealthCheckFailed: "An agent's health is its activity and its exit; app.doctor answers whoever asks.",
  CircuitBreakerOpen: "There is no circuit breaker: a supervisor's intensity and backoff hold a failing child off.",
  CircuitBreakerClosed: "There is no circuit breaker: a supervisor's intensity and backoff hold a failing child off.",
  ExecutionStarted: "A call is told when it ended; the log of calls has it from its beginning.",
  CoreToData: "Core and storage are one process.",
  DataToTransport: "Core and storage are one process.",
  SecurityToAll: "Core and security are one process; a refusal is told to who was refused.",
  "stream.nack": "A stream of the contract is cut to a snapshot where its reader falls behind.",
  "security.login": "There are no accounts: who has the token is the person.",
  "security.policy_changed": "What an agent may do stands in its fleet file: fleet.reloaded.",
  "security.secret_accessed": "There is no store of secrets yet.",
  "security.key_rotated": "There is no store of secrets yet.",
  "data.migrated": "The database is migrated before there is a log to say it in; the program's own log has it.",
  "data.backup_started": "A backup is made before there is a log to say it in; it is a file beside the database.",
  "data.backup_finished": "A backup is made before there is a log to say it in; it is a file beside the database.",
};

const known = new Set(everyMessage().flatMap(([name, { aliases }]) => [name, ...aliases]));
const split = (names: string): string[] => names.split(/\s+/);

it.each(Object.entries(NAMES))("%s: each is spoken, or said why not", (_, names) => {
  expect(split(names).filter((name) => !known.has(name) && !Object.hasOwn(NOT_SPOKEN, name))).toEqual([]);
});

it("nothing is called silent that is spoken, or that nobody asked for", () => {
  const asked = new Set(Object.values(NAMES).flatMap(split));
  expect(Object.keys(NOT_SPOKEN).filter((name) => known.has(name) || !asked.has(name))).toEqual([]);
});
