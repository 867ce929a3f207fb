import type { ReactElement, ReactNode } from "react";
import type { NodeState } from "#shared/model/states.ts";
import { Lamp } from "./Lamp.tsx";

interface Props {
  readonly kind: "crashed" | "waiting" | "starting";
  readonly title: string;
  readonly children?: ReactNode;
  readonly actions?: ReactNode;
}

const LAMPS: Readonly<Record<Props["kind"], NodeState>> = {
  crashed: "crashed",
  waiting: "waiting_permission",
  starting: "starting",
};

/** One line across the page: what is wrong, since when, what to do. One at a time, the worst first. */
export function Banner({ kind, title, children, actions }: Props): ReactElement {
  return (
    <div className={`banner banner-${kind}`} role={kind === "crashed" ? "alert" : "status"}>
      <Lamp state={LAMPS[kind]} size={15} />
      <span className="medium">{title}</span>
      <span className="text">{children}</span>
      <span className="grow" />
      {actions}
    </div>
  );
}
