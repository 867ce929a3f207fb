/** Subjects of the events this product stores (mission 6.4): `ws.<fleet>.<entity>.<id>.<verb>` and `sys.<component>.<verb>`. */

/** `path` is `fleet/id`. */
export function agentSubject(path: string, verb: string): string {
  return nodeSubject(path, "agent", verb);
}

export function supervisorSubject(path: string, verb: string): string {
  return nodeSubject(path, "supervisor", verb);
}

export function fleetSubject(name: string, verb: string): string {
  return `ws.${name}.fleet.${verb}`;
}

export function systemSubject(component: string, verb: string): string {
  return `sys.${component}.${verb}`;
}

/** A run of a workflow: everything that happens in it. */
export function workflowSubject(fleet: string, run: string, verb: string): string {
  return `ws.${fleet}.workflow.${run}.${verb}`;
}

function nodeSubject(path: string, entity: string, verb: string): string {
  const slash = path.indexOf("/");
  const fleet = slash < 0 ? path : path.slice(0, slash);
  const id = slash < 0 ? path : path.slice(slash + 1);
  return `ws.${fleet}.${entity}.${id}.${verb}`;
}

/** Of an MCP server (`id`, or `fleet/id`) and its tools: a fleet's own under the fleet, the others under the registry. */
export function toolServerSubject(key: string, verb: string): string {
  return key.includes("/") ? nodeSubject(key, "tool_server", verb) : `sys.registry.${key}.${verb}`;
}
