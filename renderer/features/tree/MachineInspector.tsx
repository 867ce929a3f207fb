/** One node of another machine: all that is heard of it, and where it is steered. Nothing to press but a command to copy. */
import type { ReactElement, ReactNode } from "react";
import { useNowText, useStateWords } from "#renderer/state/hooks.ts";
import { CopyLine } from "#renderer/ui/CopyLine.tsx";
import { Lamp } from "#renderer/ui/Lamp.tsx";
import { StrategyGlyph } from "#renderer/ui/StrategyGlyph.tsx";
import { stateTextColor } from "#renderer/ui/stateToken.ts";
import { clockWords, durationWords, plural } from "#shared/lib/words.ts";
import { machineWords } from "#shared/model/machineWords.ts";
import { cliName } from "#shared/model/stateWords.ts";
import type { MachineRow } from "./machineRows.ts";
import { NodeLamp } from "./NodeLamp.tsx";
import { MACHINE_LAMPS } from "./OtherMachines.tsx";
import "./inspector.css";

export function MachineInspector({ row }: { readonly row: MachineRow }): ReactElement {
  const { node, machine } = row;
  const word = useStateWords(node);
  const { label, name, state, since, host, platform, version } = machine;
  const heard = useNowText((now) => machineWords(state, durationWords(now - Date.parse(since))));
  const path = node.path.slice(label.length + 1);
  return (
    <>
      <div className="inspect-head">
        <NodeLamp node={node} size={16} />
        <h2 className="strong ell">{node.id}</h2>
        <span className="grow" />
        <span className="medium nowrap" style={{ color: stateTextColor(node.state) }}>
          {word}
        </span>
      </div>
      <div className="inspect-block">
        <dl>
          <Fact name="Machine">
            <span className="row">
              <Lamp state={MACHINE_LAMPS[state]} size={12} />
              <span>
                {name}, {heard}
              </span>
            </span>
          </Fact>
          <Fact name="Runs">
            Signalbox {version}, {host}, {platform}
          </Fact>
        </dl>
      </div>
      <NodeFacts row={row} />
      <div className="inspect-block machine-steer">
        <p className="t2">
          {state === "online"
            ? `It is seen here and steered on ${name}. There:`
            : `Shown as last heard. It is steered on ${name}. There:`}
        </p>
        <CopyLine command={node.kind === "agent" ? `signalbox logs ${path}` : "signalbox tree"} />
      </div>
    </>
  );
}

function NodeFacts({ row: { node } }: { readonly row: MachineRow }): ReactElement {
  const { startedAt } = node;
  const started = useNowText((now) => (startedAt === undefined ? "" : clockWords(Date.parse(startedAt), now)));
  const doing = node.detail !== undefined && node.detail !== node.command ? node.detail : undefined;
  return (
    <div className="inspect-block">
      <dl>
        {doing !== undefined && (
          <Fact name="Doing">
            <span className="inspect-wrap">{doing}</span>
          </Fact>
        )}
        {node.kind === "agent" && <Fact name="CLI">{cliName(node.agent)}</Fact>}
        {node.strategy !== undefined && (
          <Fact name="Strategy">
            <StrategyGlyph strategy={node.strategy} /> <span className="mono">{node.strategy}</span>
          </Fact>
        )}
        {node.kind === "supervisor" && <Fact name="Children">{plural(node.children.length, "child", "children")}</Fact>}
        {node.command !== undefined && (
          <Fact name="Command">
            <span className="mono" title={node.command}>
              {node.command}
            </span>
          </Fact>
        )}
        {node.exitDetail !== undefined && <Fact name="Last exit">{node.exitDetail}</Fact>}
        {started !== "" && <Fact name="Started">{started}</Fact>}
        <Fact name="Restarts">{node.restarts}</Fact>
      </dl>
    </div>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }): ReactElement {
  return (
    <div className="inspect-fact">
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
