import type { ReactElement } from "react";
import type { Overlay } from "#renderer/state/overlayKinds.ts";
import { AmountDialog } from "./AmountDialog.tsx";
import { PriceDialog } from "./PriceDialog.tsx";
import { SetBudgetDialog } from "./SetBudgetDialog.tsx";

export type MoneyOverlay = Extract<Overlay, { kind: "setBudget" | "grantBudget" | "moveBudget" | "setPrice" }>;

/** The dialogs about budgets and prices; they open over any page. */
export function MoneyDialog({ overlay }: { readonly overlay: MoneyOverlay }): ReactElement {
  switch (overlay.kind) {
    case "setBudget":
      return <SetBudgetDialog scope={overlay.scope} id={overlay.id} />;
    case "grantBudget":
      return <AmountDialog what="grant" id={overlay.id} />;
    case "moveBudget":
      return <AmountDialog what="move" id={overlay.id} />;
    case "setPrice":
      return <PriceDialog model={overlay.model} provider={overlay.provider} />;
  }
}
