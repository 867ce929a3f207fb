/** Draws the dialog that is open, if one is. */
import type { ReactElement } from "react";
import { AddChildDialog } from "#renderer/features/addChild/AddChildDialog.tsx";
import { OpenFleetDialog } from "#renderer/features/addChild/OpenFleetDialog.tsx";
import { MoneyDialog } from "#renderer/features/budgets/MoneyDialog.tsx";
import { EmergencyStopDialog } from "#renderer/features/emergencyStop/EmergencyStopDialog.tsx";
import { Palette } from "#renderer/features/palette/Palette.tsx";
import { DeleteRecordingDialog } from "#renderer/features/session/DeleteRecordingDialog.tsx";
import { useAppState } from "#renderer/state/hooks.ts";
import { ConfirmDialog } from "./ConfirmDialog.tsx";
import { KeysDialog } from "./KeysDialog.tsx";

export function Overlays(): ReactElement | null {
  const overlay = useAppState((state) => state.overlay);
  if (overlay === undefined) return null;
  switch (overlay.kind) {
    case "palette":
      return <Palette text={overlay.text ?? ""} />;
    case "emergencyStop":
      return <EmergencyStopDialog />;
    case "keys":
      return <KeysDialog />;
    case "addChild":
      return <AddChildDialog what={overlay.what} parent={overlay.parent} />;
    case "openFleet":
      return <OpenFleetDialog />;
    case "deleteRecording":
      return <DeleteRecordingDialog doomed={overlay} />;
    case "confirm":
      return <ConfirmDialog question={overlay.question} />;
    default:
      return <MoneyDialog overlay={overlay} />;
  }
}
