/** Starts a fleet from its file. The path is typed: the file lies on the machine of the core, which a browser cannot browse. */
import { useState, type ReactElement } from "react";
import { useApp } from "#renderer/state/AppContext.tsx";
import { useCommand } from "#renderer/state/commands.ts";
import { useIsLive, useKeys, useNavigation } from "#renderer/state/hooks.ts";
import { closeOverlay } from "#renderer/state/overlays.ts";
import { Dialog } from "#renderer/ui/Dialog.tsx";
import { Field, Labelled } from "#renderer/ui/Field.tsx";
import { SubmitFoot } from "#renderer/ui/SubmitFoot.tsx";

export function OpenFleetDialog(): ReactElement {
  const { store } = useApp();
  const navigation = useNavigation();
  const isLive = useIsLive();
  const up = useCommand("fleet.up");
  const [file, setFile] = useState("");
  const close = () => closeOverlay(store);
  useKeys("Open a fleet file", [{ keys: "esc", label: "Cancel", run: close, inInputs: true }], "modal");
  const canOpen = isLive && file.trim() !== "";
  const open = async () => {
    if (!canOpen) return;
    const result = await up.run({ file: file.trim() }, { isQuiet: true });
    if (!result.ok) return;
    close();
    navigation.navigate({ page: "tree", path: result.value.name });
  };
  return (
    <Dialog label="Open a fleet file" width={520} onClose={close}>
      <form
        className="add-child"
        onSubmit={(event) => {
          event.preventDefault();
          void open();
        }}
      >
        <div className="dialog-head">Open a fleet file</div>
        <div className="dialog-body add-child-fields">
          <Labelled
            label="File"
            hint="Absolute, or beginning with ~. Its agents start right away; a fleet that is up gets the difference."
            error={up.error?.message}
          >
            {(id) => (
              <Field
                id={id}
                data-autofocus
                className="mono"
                value={file}
                invalid={up.error !== undefined}
                placeholder="~/code/shop/signalbox.yaml"
                onChange={(event) => setFile(event.target.value)}
              />
            )}
          </Labelled>
        </div>
        <SubmitFoot isAble={canOpen} running={up.isPending && "Starting"} onCancel={close}>
          Start the fleet
        </SubmitFoot>
        <div className="dialog-note">
          <span className="nowrap">From a terminal:</span>
          <code className="t2">signalbox up {file.trim() === "" ? "FILE" : file.trim()}</code>
        </div>
      </form>
    </Dialog>
  );
}
