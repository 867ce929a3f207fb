/** No workflow yet: the picture's own frame drawn faint, one sentence, and the command that shows one at work. */
import type { ReactElement } from "react";
import { Blank } from "#renderer/ui/Blank.tsx";
import { layoutPicture, polyline } from "./pictureLayout.ts";
import { jointPath } from "#renderer/ui/ticks.ts";

const FRAME = layoutPicture(
  [
    { id: "one", needs: [] },
    { id: "two", needs: ["one"] },
    { id: "three", needs: ["two"] },
    { id: "four", needs: ["two"] },
  ].map((step) => ({
    ...step,
    call: { kind: "tool" as const, server: "", tool: "", with: {} },
    doing: "working",
    timeoutMs: 0,
    retries: 0,
    leaseMs: 0,
    gives: [],
    once: false,
  })),
);

export function Empty(): ReactElement {
  return (
    <div className="wf-empty">
      <svg width={FRAME.textX + 120} height={FRAME.height} fill="none" aria-hidden="true">
        {FRAME.ways.map((way) => (
          <path key={way.to} className="wf-way" d={polyline(way.points)} />
        ))}
        {FRAME.steps.map(({ id, tick }) => (
          <path key={id} className="wf-way" d={`M${tick.x1} ${tick.y}H${tick.x2}${jointPath(tick.x2, tick.y)}`} />
        ))}
      </svg>
      <Blank title="No fleet has a workflow yet." commands={["signalbox workflow demo"]}>
        A fleet file with a <code>workflow:</code> section makes one: steps that hand over to each other, with tools,
        agents and a plan B. The command starts an example with real programs, and it runs here as a picture.
      </Blank>
    </div>
  );
}
