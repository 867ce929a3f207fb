/** Everything about the selected node: what it does, what a failure would take with it, its lives, what happened last. */
import type { ReactElement, ReactNode } from "react";
import { Ellipsis } from "lucide-react";
import { useApp } from "#renderer/state/AppContext.tsx";
import { useInfo, useNode, useNowText } from "#renderer/state/hooks.ts";
import { Button } from "#renderer/ui/Button.tsx";
import { Kbd } from "#renderer/ui/Kbd.tsx";
import { Levers } from "#renderer/ui/Levers.tsx";
import { StrategyGlyph } from "#renderer/ui/StrategyGlyph.tsx";
import { stateTextColor } from "#renderer/ui/stateToken.ts";
import type { NodePatch } from "#shared/contract/index.ts";
import { clockWords, durationWords, shortPath } from "#shared/lib/words.ts";
import { cliName, stateWords } from "#shared/model/stateWords.ts";
import { blastRadius } from "./blastRadius.ts";
import { agentsBelow, blastLines } from "./blastWords.ts";
import { BudgetFacts } from "./BudgetFacts.tsx";
import { actionFor, type TreeAction } from "./consequence.ts";
import { countsSentence } from "./Counts.tsx";
import { LastEvents, Lives } from "./History.tsx";
import { NodeLamp } from "./NodeLamp.tsx";
import { fleetSnapshot, snapshotAt, sumOf, useCounts, useEscalatedChildren } from "./treeData.ts";
import { supervisorWords, usedWords } from "./words.ts";
import "./inspector.css";

export interface InspectorProps {
  readonly path: string;
  readonly isConnected: boolean;
  readonly onAct: (action: TreeAction, path: string) => void;
  readonly onTerminal: (path: string) => void;
  readonly onSession: (path: string) => void;
  readonly onEvents: (path: string) => void;
  readonly onSelect: (path: string) => void;
  readonly onMenu: (path: string, at: { readonly x: number; readonly y: number }) => void;
}

export function Inspector(props: InspectorProps): ReactElement | null {
  const node = useNode(props.path);
  const counts = useCounts(props.path);
  const word = useNowText((now) =>
    node === undefined ? "" : node.kind === "agent" ? stateWords(node, now) : supervisorWords(node, sumOf(counts), now),
  );
  if (node === undefined) return null;
  return (
    <>
      <div className="inspect-head">
        <NodeLamp node={node} size={16} />
        <h2 className="strong ell">{node.id}</h2>
        <span className="grow" />
        <span className="medium nowrap" role="status" style={{ color: stateTextColor(node.state) }}>
          {word}
        </span>
      </div>
      <Actions {...props} node={node} />
      <div className="inspect-block">
        {node.kind === "agent" ? <AgentFacts node={node} /> : <SupervisorFacts node={node} onSelect={props.onSelect} />}
      </div>
      <BudgetFacts path={props.path} />
      <IfItFails node={node} />
      {node.kind === "agent" && <Lives node={node} onSession={() => props.onSession(props.path)} />}
      <LastEvents node={node} onEvents={() => props.onEvents(props.path)} />
    </>
  );
}

function Actions({
  path,
  node,
  isConnected,
  onAct,
  onTerminal,
  onMenu,
}: InspectorProps & { readonly node: NodePatch }): ReactElement {
  const { store } = useApp();
  const snapshot = snapshotAt(store.getState(), path);
  const pause = snapshot === undefined ? "pause" : actionFor("P", snapshot);
  const restart = snapshot === undefined ? "restart" : actionFor("R", snapshot);
  const isAlive = restart !== "start";
  // What gave up has one sensible next step; everything else offers its terminal first.
  const isDown = node.kind === "supervisor" && !isAlive;
  return (
    <div className="inspect-actions">
      {node.kind === "agent" && (
        <Button kind="primary" keys="enter" onClick={() => onTerminal(path)}>
          Terminal
        </Button>
      )}
      <Button keys="P" disabled={!isConnected || !isAlive} onClick={() => onAct(pause, path)}>
        {pause === "pause" ? "Pause" : "Resume"}
      </Button>
      <Button keys="R" kind={isDown ? "primary" : "plain"} disabled={!isConnected} onClick={() => onAct(restart, path)}>
        {restart === "start" ? "Start" : "Restart"}
      </Button>
      {node.kind === "supervisor" && (
        <Button keys="X" disabled={!isConnected || !isAlive} onClick={() => onAct("stop", path)}>
          Stop
        </Button>
      )}
      <span className="grow" />
      <Button
        kind="quiet"
        aria-label={`More for ${node.id}`}
        aria-haspopup="menu"
        icon={<Ellipsis size={14} />}
        onClick={(event) => onMenu(path, below(event.currentTarget))}
      />
    </div>
  );
}

function below(element: HTMLElement): { readonly x: number; readonly y: number } {
  const box = element.getBoundingClientRect();
  return { x: box.left - 120, y: box.bottom + 4 };
}

function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }): ReactElement {
  return (
    <div className="inspect-fact">
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function AgentFacts({ node }: { readonly node: NodePatch }): ReactElement {
  const home = useInfo()?.homeDir;
  return (
    <dl>
      {node.detail !== undefined && node.detail !== node.command && (
        <Fact name="Doing">
          <span className="inspect-wrap">{node.detail}</span>
        </Fact>
      )}
      <Fact name="CLI">
        {cliName(node.agent)}{" "}
        {node.cliSessionId !== undefined && (
          <span className="t3" title={node.cliSessionId}>
            session {node.cliSessionId.slice(0, 8)}
          </span>
        )}
      </Fact>
      {node.cwd !== undefined && (
        <Fact name="Folder">
          <span className="mono" title={node.cwd}>
            {shortPath(node.cwd, home)}
          </span>
        </Fact>
      )}
      {node.command !== undefined && (
        <Fact name="Command">
          <span className="mono" title={node.command}>
            {node.command}
          </span>
        </Fact>
      )}
      {node.exitDetail !== undefined && <Fact name="Last exit">{node.exitDetail}</Fact>}
      <Fact name="Restart">
        {node.restart ?? "transient"} <span className="t3">{RESTART_MEANS[node.restart ?? "transient"]}</span>
      </Fact>
      <ProcessFacts node={node} />
    </dl>
  );
}

function ProcessFacts({ node }: { readonly node: NodePatch }): ReactElement {
  const started = useNowText((now) =>
    node.startedAt === undefined
      ? ""
      : `started ${clockWords(Date.parse(node.startedAt), now)}, ${durationWords(now - Date.parse(node.startedAt))} ago`,
  );
  return (
    <>
      {node.health !== "healthy" && <Fact name="Health">{node.health}</Fact>}
      {node.pid !== undefined && (
        <Fact name="Process">
          <span className="tab">{node.pid}</span> <span className="t3">{started}</span>
        </Fact>
      )}
      {node.restarts > 0 && (
        <Fact name="Restarts">
          <span className="tab">{node.restarts}</span> <span className="t3">automatic, all lives</span>
        </Fact>
      )}
    </>
  );
}

const RESTART_MEANS = { permanent: "always", transient: "after a failure", temporary: "never" } as const;

function SupervisorFacts({
  node,
  onSelect,
}: {
  readonly node: NodePatch;
  readonly onSelect: (path: string) => void;
}): ReactElement {
  const counts = useCounts(node.path);
  const escalated = useEscalatedChildren(node.path);
  const used = node.restartsInWindow ?? 0;
  return (
    <>
      {(node.state === "gave_up" || node.state === "escalated") && <WhyItGaveUp node={node} />}
      <dl>
        {node.strategy !== undefined && (
          <Fact name="Strategy">
            <StrategyGlyph strategy={node.strategy} /> <span className="mono">{node.strategy}</span>
          </Fact>
        )}
        {node.intensity !== undefined && (
          <Fact name="Restarts">
            <Levers used={used} allowed={node.intensity <= 5 ? node.intensity : 0} /> {usedWords(node)}
          </Fact>
        )}
        <Fact name="Agents">
          <span className="inspect-wrap">{countsSentence(counts) || "none yet"}</span>
        </Fact>
        {node.restart !== undefined && (
          <Fact name="Restart">
            {node.restart} <span className="t3">{RESTART_MEANS[node.restart]}</span>
          </Fact>
        )}
        {escalated.map((child) => (
          <Fact key={child.path} name="Escalated">
            <button type="button" className="inspect-link" onClick={() => onSelect(child.path)}>
              {child.id}
            </button>
          </Fact>
        ))}
      </dl>
    </>
  );
}

/** Said first: what happened and what to do. */
function WhyItGaveUp({ node }: { readonly node: NodePatch }): ReactElement {
  const at = useNowText((now) => clockWords(Date.parse(node.stateSince), now));
  const used =
    node.intensity === undefined
      ? ""
      : ` ${node.restartsInWindow ?? node.intensity} of ${node.intensity} restarts were used.`;
  return (
    <div className="inspect-why">
      <div className="medium">
        {node.state === "escalated" ? "Escalated" : "Gave up"} at {at}.{used}
      </div>
      <div className="t2">
        {node.detail ?? node.exitDetail ?? "The events below say which child failed and how."} Mend the cause, then
        restart {node.id}.
      </div>
    </div>
  );
}

function IfItFails({ node }: { readonly node: NodePatch }): ReactElement | null {
  const { store } = useApp();
  const fleet = fleetSnapshot(store.getState(), node.path);
  const radius = fleet === undefined ? undefined : blastRadius(fleet, node.path);
  if (fleet === undefined || radius === undefined) return null;
  const { headline, lines } = blastLines(radius, agentsBelow(fleet));
  return (
    <section className="inspect-block" aria-label="If it fails">
      <div className="section-head">
        If it fails <span className="count mono">{(radius.supervisor ?? radius.failing).strategy}</span>
        <span className="aside">
          <Kbd keys="B" />
        </span>
      </div>
      <div className="inspect-blast">
        <div className="medium t1">{headline}</div>
        {lines.map((line) => (
          <div key={line}>{line}</div>
        ))}
      </div>
    </section>
  );
}
