import type { ReactElement } from "react";
import { useCoreQuery } from "#renderer/state/commands.ts";
import { Button } from "#renderer/ui/Button.tsx";
import { Lamp } from "#renderer/ui/Lamp.tsx";
import type { NodeState } from "#shared/model/states.ts";

const LAMPS: Readonly<Record<"ok" | "warning" | "failed", NodeState>> = {
  ok: "done",
  warning: "waiting_permission",
  failed: "crashed",
};

/** What `signalbox doctor` says, for those who do not open a terminal. */
export function Health(): ReactElement {
  const checks = useCoreQuery("app.doctor", {}, { staleMs: 30_000 });
  return (
    <section className="settings-group" aria-label="Health">
      <div className="section-head">
        <h2>Health</h2>
        <span className="count">as in signalbox doctor</span>
        <span className="aside">
          <Button kind="quiet" running={checks.isFetching && "Checking"} onClick={() => void checks.refetch()}>
            Check again
          </Button>
        </span>
      </div>
      <ul className="list">
        {checks.isError && <li className="settings-line bad">{checks.error.message}</li>}
        {(checks.data ?? []).map((check) => (
          <li key={check.name} className="health-line">
            <Lamp state={LAMPS[check.status]} size={14} label={check.status} />
            <span className="medium health-name">{check.name}</span>
            <span className="grow t2">
              {check.message}
              {check.advice !== undefined && <span className="small t3 settings-hint">{check.advice}</span>}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
