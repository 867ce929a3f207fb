/** Whom an address means: one agent, one of a role (the one with the least to do), or everybody else on the team. */
import { fail, ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import { nearest } from "#shared/lib/nearest.ts";
import { PERSON } from "#shared/model/mail.ts";
import type { Team, TeamMember } from "./deps.ts";

export interface Address {
  readonly fleet: string;
  /** `agent`, `role:<role>`, `all`. */
  readonly addressed: string;
  readonly members: readonly TeamMember[];
}

export interface Addressing {
  /** `id`, `fleet/id`, `role:<role>`, `all`, or `<fleet>/all`. */
  readonly to: string;
  /** The sender's own fleet; a person names it, or means the only one. */
  readonly fleet?: string | undefined;
  readonly from: string;
  /** What waits for one already: how loads are compared. */
  readonly load: (path: string) => number;
}

export function resolveAddress(team: Team, addressing: Addressing): Result<Address> {
  const { to, from } = addressing;
  const [, named, rest] = /^([^/]+)\/(all|role:.+)$/.exec(to) ?? [undefined, undefined, to];
  if (rest !== "all" && !rest.startsWith("role:")) return toAgent(team, addressing);
  const fleet = fleetOf(team, named ?? addressing.fleet);
  if (!fleet.ok) return fleet;
  if (from !== PERSON && addressing.fleet !== undefined && fleet.value !== addressing.fleet) return otherFleet(to);
  const others = team.members(fleet.value).filter((member) => member.isOnTeam && member.path !== from);
  return rest === "all" ? toAll(fleet.value, others) : toRole(fleet.value, { role: rest.slice(5), others }, addressing);
}

function toAgent(team: Team, { to, fleet, from }: Addressing): Result<Address> {
  const isOwn = fleet !== undefined && !to.includes("/");
  const own = isOwn ? team.members(fleet).find(({ id }) => id === to) : undefined;
  const found = own === undefined ? findAnywhere(team, { to, fleet, from }) : ok(own);
  if (!found.ok) return found;
  const member = found.value;
  if (from !== PERSON && !from.startsWith("workflow/")) {
    if (fleet !== undefined && member.fleet !== fleet) return otherFleet(to);
    if (!member.isOnTeam)
      return fail("forbidden", `${member.id} is a plain command and takes no messages from agents.`);
    if (member.path === from) return fail("bad_request", "A message to yourself goes nowhere. Name another agent.");
  }
  return ok({ fleet: member.fleet, addressed: "agent", members: [member] });
}

function findAnywhere(team: Team, { to, fleet, from }: Omit<Addressing, "load">): Result<TeamMember> {
  // An agent is told of its own team only.
  if (from === PERSON || fleet === undefined || to.includes("/")) return team.find(to);
  const others = team.members(fleet).filter(({ isOnTeam }) => isOnTeam);
  const meant = nearest(
    to,
    others.map(({ id }) => id),
  );
  const hint = meant === undefined ? ` The team: ${others.map(({ id }) => id).join(", ")}.` : ` Did you mean ${meant}?`;
  return fail("not_found", `There is no agent ${to} in your team.${hint}`);
}

function otherFleet(to: string): Result<never> {
  return fail("forbidden", `${to} is in another fleet. An agent reaches its own team only.`);
}

function toAll(fleet: string, members: readonly TeamMember[]): Result<Address> {
  return members.length === 0
    ? fail("not_found", `Nobody else in ${fleet} takes messages.`)
    : ok({ fleet, addressed: "all", members });
}

/** Those that run come first, then those at their prompt, then those with the fewest messages waiting. */
function toRole(
  fleet: string,
  { role, others }: { role: string; others: readonly TeamMember[] },
  { load }: Addressing,
): Result<Address> {
  const able = others.filter((member) => member.role === role);
  if (able.length === 0) {
    const roles = [...new Set(others.flatMap((member) => member.role ?? []))];
    const known = roles.length === 0 ? "No agent has a role there" : `Roles are ${roles.join(", ")}`;
    return fail("not_found", `Nobody in ${fleet} has the role ${role}. ${known}.`);
  }
  const rank = (member: TeamMember): number =>
    (member.isUp ? 0 : 1e6) + (member.state === "idle" ? 0 : 0.5) + load(member.path);
  const [least] = able.toSorted((a, b) => rank(a) - rank(b));
  return ok({ fleet, addressed: `role:${role}`, members: least === undefined ? [] : [least] });
}

function fleetOf(team: Team, named: string | undefined): Result<string> {
  const fleets = team.fleets();
  if (named !== undefined) return fleets.includes(named) ? ok(named) : fail("not_found", `There is no fleet ${named}.`);
  const [only] = fleets;
  return only !== undefined && fleets.length === 1
    ? ok(only)
    : fail("ambiguous", `Say in which fleet: ${fleets.map((fleet) => `${fleet}/all`).join(", ")}.`);
}
