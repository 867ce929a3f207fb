/** One server in full: how it stands, what a person can do with it, and its tools. */
import { CirclePlay, Power, Square, Trash2, TriangleAlert } from "lucide-react";
import type { ReactElement } from "react";
import { clockWords, durationWords, plural } from "#shared/lib/words.ts";
import type { ToolServer } from "#shared/model/toolServer.ts";
import { useApp } from "#renderer/state/AppContext.tsx";
import { useCommand } from "#renderer/state/commands.ts";
import { useIsLive, useNavigation, useNowText } from "#renderer/state/hooks.ts";
import { openOverlay } from "#renderer/state/overlays.ts";
import { Button } from "#renderer/ui/Button.tsx";
import { Chip } from "#renderer/ui/Chip.tsx";
import { Lamp } from "#renderer/ui/Lamp.tsx";
import { serverLamp, serverState } from "./registryWords.ts";

interface Props {
  readonly server: ToolServer;
  readonly onTool: (name: string) => void;
  readonly onGone: () => void;
}

export function ServerDetails({ server, onTool, onGone }: Props): ReactElement {
  const state = useNowText((now) => serverState(server, now));
  const { key, description, detail, tags, warnings = [] } = server;
  return (
    <div className="registry-details">
      <div>
        <h2 className="strong">{key}</h2>
        {description !== undefined && <p className="t2">{description}</p>}
        <p className="registry-state">
          <Lamp state={serverLamp(server)} size={12} />
          {state}
        </p>
        {detail !== undefined && <p className="t2">{detail}</p>}
        {warnings.map((warning) => (
          <Doubt key={warning}>{warning}</Doubt>
        ))}
        {tags.length > 0 && (
          <p className="registry-chips">
            {tags.map((tag) => (
              <Chip key={tag} outline>
                {tag}
              </Chip>
            ))}
          </p>
        )}
      </div>
      <Acts server={server} onGone={onGone} />
      <Facts server={server} />
      {server.cache !== undefined && <Cache server={server.key} cache={server.cache} />}
      <Tools server={server} onTool={onTool} />
    </div>
  );
}

function Facts({ server }: { readonly server: ToolServer }): ReactElement {
  const { where, variables, software, protocol, restarts, restart, timeoutMs, allow, fleet, lastError } = server;
  const seen = useNowText((now) => (lastError === undefined ? "" : clockWords(Date.parse(lastError.at), now)));
  const rows: readonly (readonly [string, string | undefined])[] = [
    ["Where", where],
    ["Software", software],
    ["Speaks", protocol === undefined ? undefined : `MCP ${protocol}`],
    [server.transport === "stdio" ? "Variables" : "Headers", variables.length === 0 ? undefined : variables.join(", ")],
    ["Restarts", `${restarts}, ${RESTART_WORDS[restart]}`],
    ["A call may", `take ${durationWords(timeoutMs)} at most`],
    ["Used by", allow === undefined ? everybody(fleet) : allow.map(grantWords).join("; ") || "persons only"],
    ["Last error", lastError === undefined ? undefined : `${lastError.message} (${seen})`],
  ];
  return (
    <dl className="registry-facts small">
      {rows.map(([name, value]) =>
        value === undefined ? null : (
          <div key={name} className="registry-fact">
            <dt className="t3">{name}</dt>
            <dd className={name === "Where" ? "mono" : undefined}>{value}</dd>
          </div>
        ),
      )}
    </dl>
  );
}

/** What a person should look at; nothing that stops it. */
function Doubt({ children }: { readonly children: string }): ReactElement {
  return (
    <p className="small registry-doubt">
      <TriangleAlert size={13} aria-hidden /> {children}
    </p>
  );
}

interface CacheProps {
  readonly server: string;
  readonly cache: NonNullable<ToolServer["cache"]>;
}

/** Which answers are given again without asking it, and the way to have it asked anew. */
function Cache({ server, cache }: CacheProps): ReactElement {
  const isLive = useIsLive();
  const drop = useCommand("registry.dropAnswers");
  const { tools, forMs, answers, doubts } = cache;
  return (
    <div>
      <h3 className="registry-heading">
        Cache
        <span className="t3"> {plural(answers, "answer")} kept</span>
      </h3>
      <p className="small t2">
        Answers of <span className="mono">{tools.join(", ")}</span> are given again for {durationWords(forMs)} without
        asking the server.
      </p>
      {doubts.map((doubt) => (
        <Doubt key={doubt}>{doubt}</Doubt>
      ))}
      <Button
        kind="quiet"
        disabled={!isLive || answers === 0}
        running={drop.isPending && "Dropping"}
        onClick={() => void drop.run({ server })}
      >
        Drop answers
      </Button>
    </div>
  );
}

const RESTART_WORDS = {
  permanent: "started again always",
  transient: "started again after a failure",
  temporary: "never started again",
} as const;

function everybody(fleet: string | undefined): string {
  return fleet === undefined ? "persons only" : `every agent of ${fleet}`;
}

function grantWords({ agents, roles, tools }: NonNullable<ToolServer["allow"]>[number]): string {
  const who = [...agents, ...roles.map((role) => `role ${role}`)].join(", ") || "nobody";
  return tools.length === 1 && tools[0] === "*" ? who : `${who}: ${tools.join(", ")}`;
}

function Acts({ server, onGone }: { readonly server: ToolServer; readonly onGone: () => void }): ReactElement {
  const isLive = useIsLive();
  const { key, fleet, state } = server;
  const verify = useCommand("registry.verify");
  const enable = useCommand("registry.enable");
  const stop = useStopping(server, onGone);
  const runs = state === "active" || state === "degraded" || state === "verifying";
  if (state === "disabled")
    return (
      <div className="row">
        <Button
          kind="primary"
          icon={<Power size={13} />}
          disabled={!isLive}
          onClick={() => void enable.run({ server: key })}
        >
          Enable
        </Button>
        {fleet === undefined && <RemoveButton disabled={!isLive} onClick={stop.remove} />}
      </div>
    );
  return (
    <div className="row registry-acts">
      <Button
        kind={runs ? "plain" : "primary"}
        icon={<CirclePlay size={13} />}
        disabled={!isLive}
        running={verify.isPending && "Verifying"}
        onClick={() => void verify.run({ server: key })}
      >
        {runs ? "Verify again" : "Start and verify"}
      </Button>
      {runs && (
        <Button icon={<Square size={13} />} disabled={!isLive} onClick={stop.stop}>
          Stop
        </Button>
      )}
      <Button icon={<Power size={13} />} disabled={!isLive} onClick={stop.disable}>
        Disable
      </Button>
      {fleet === undefined && <RemoveButton disabled={!isLive} onClick={stop.remove} />}
    </div>
  );
}

function RemoveButton(props: { readonly disabled: boolean; readonly onClick: () => void }): ReactElement {
  return (
    <Button kind="danger-text" icon={<Trash2 size={13} />} {...props}>
      Remove
    </Button>
  );
}

/** What ends something is asked for first where something is under way. */
function useStopping({ key, callsUnderWay, fleet, state }: ToolServer, onGone: () => void) {
  const { store } = useApp();
  const stop = useCommand("registry.stop");
  const disable = useCommand("registry.disable");
  const remove = useCommand("registry.remove");
  const ask = (question: { title: string; body: string; action: string; run: () => void }) =>
    openOverlay(store, { kind: "confirm", question: { isDangerous: true, ...question } });
  const calls = callsUnderWay === 0 ? "" : ` ${plural(callsUnderWay, "call")} under way will fail.`;
  const runs = state !== "registered" && state !== "offline";
  const whose = fleet === undefined ? "" : ` Agents of ${fleet} lose its tools.`;
  return {
    stop: () =>
      ask({
        title: `Stop ${key}?`,
        body: `Its process ends, with all it has started.${calls}${whose} It starts again when you verify it${fleet === undefined ? "" : `, or with ${fleet}`}.`,
        action: "Stop",
        run: () => void stop.run({ server: key }),
      }),
    disable: () =>
      runs
        ? ask({
            title: `Disable ${key}?`,
            body: `Its process ends, and nobody can start it until it is enabled.${calls}${whose}`,
            action: "Disable",
            run: () => void disable.run({ server: key }),
          })
        : void disable.run({ server: key }),
    remove: () =>
      ask({
        title: `Remove ${key}?`,
        body: `It is forgotten with its settings.${runs ? " Its process ends." : ""}${calls} The log of calls stays.`,
        action: "Remove",
        run: () => {
          onGone();
          void remove.run({ server: key });
        },
      }),
  };
}

function Tools({ server, onTool }: { readonly server: ToolServer; readonly onTool: (name: string) => void }) {
  const navigation = useNavigation();
  const { tools, state, verifiedAt } = server;
  if (tools.length === 0)
    return (
      <p className="small t2">
        {verifiedAt === undefined ? "Its tools are not known until it is verified." : "It has no tools."}
      </p>
    );
  return (
    <div>
      <h3 className="registry-heading">
        {plural(tools.length, "tool")}
        <span className="t3"> {state === "offline" ? "as last seen" : "choose one to try it"}</span>
      </h3>
      <ul className="registry-tools">
        {tools.map(({ name, description, hints, problem }) => (
          <li key={name}>
            <button type="button" className="registry-tool" onClick={() => onTool(name)}>
              <span className="mono ell">{name}</span>
              {problem !== undefined && <Chip token="gaveup">broken</Chip>}
              {hints.includes("destructive") && <Chip token="crashed">destructive</Chip>}
              {hints.includes("read_only") && <Chip outline>read only</Chip>}
              <span className="small t2 registry-tool-about">
                {problem === undefined ? description : `Cannot be called: ${problem}`}
              </span>
            </button>
          </li>
        ))}
      </ul>
      <Button kind="quiet" onClick={() => navigation.navigate({ page: "registry", tab: "calls" })}>
        All calls
      </Button>
    </div>
  );
}
