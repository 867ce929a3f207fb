/** Joins the mailboxes with fleets and sessions: who is on the team, when one can take a message, and how it gets it. */
import { scopesOf } from "#shared/model/agentScopes.ts";
import { fail, ok } from "#shared/model/result.ts";
import type { FleetAgent, Fleets } from "#core/fleets/index.ts";
import type { Receivers, Team, TeamMember } from "#core/mailboxes/index.ts";
import type { Sessions } from "#core/sessions/index.ts";

export function mailTeam(fleets: () => Fleets): Team {
  return {
    members: (fleet) => fleets().agents(fleet).map(toMember),
    fleets: () => fleets().names(),
    find: (ref) => {
      const found = fleets().resolve(ref);
      if (!found.ok) return found;
      const { path, known } = found.value;
      const agent = fleets()
        .agents(known.row.name)
        .find((one) => one.path === path);
      return agent === undefined
        ? fail("bad_request", `${ref} is no agent. Messages go to agents.`)
        : ok(toMember(agent));
    },
  };
}

function toMember({ path, spec, state, isUp }: FleetAgent): TeamMember {
  const { id, agent, role } = spec;
  const isOnTeam = agent !== "command" || role !== undefined || scopesOf(spec).length > 0;
  const member = { path, fleet: path.slice(0, path.indexOf("/")), id, agent, state, isUp, isOnTeam };
  return role === undefined ? member : { ...member, role };
}

export function mailReceivers(sessions: () => Sessions): Receivers {
  return {
    readiness: (path) => sessions().readiness(path),
    say: (path, text) => sessions().send(path, text, true),
    sessionOf: (path) => sessions().sessionOf(path),
    onMoment: (listener) => sessions().onMoment(listener),
  };
}
