import type { ReactElement } from "react";
import { useApp } from "#renderer/state/AppContext.tsx";
import { useKeys } from "#renderer/state/hooks.ts";
import { closeOverlay, type Question } from "#renderer/state/overlays.ts";
import { Button } from "#renderer/ui/Button.tsx";
import { Dialog } from "#renderer/ui/Dialog.tsx";

/** Says what an act takes with it before it is done. Cancel has the focus: Enter must not run what cannot be undone. */
export function ConfirmDialog({ question }: { readonly question: Question }): ReactElement {
  const { store } = useApp();
  const close = () => closeOverlay(store);
  useKeys("Question", [{ keys: "esc", label: "Cancel", run: close, inInputs: true }], "modal");
  const confirm = () => {
    close();
    question.run();
  };
  return (
    <Dialog label={question.title} role="alertdialog" width={460} onClose={close}>
      <div className="dialog-head">{question.title}</div>
      <div className="dialog-body t2">{question.body}</div>
      <div className="dialog-foot">
        <Button size="large" keys="esc" onClick={close} data-autofocus>
          Cancel
        </Button>
        <span className="grow" />
        <Button size="large" kind={question.isDangerous ? "danger" : "primary"} onClick={confirm}>
          {question.action}
        </Button>
      </div>
    </Dialog>
  );
}
