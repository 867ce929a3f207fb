/** Adds an agent or a supervisor to a fleet's file. What is asked is what the file holds; defaults are left out of it. */
import { useState, type ReactElement } from "react";
import { useApp } from "#renderer/state/AppContext.tsx";
import { select } from "#renderer/state/appStore.ts";
import { useCommand } from "#renderer/state/commands.ts";
import { useIsLive, useKeys, useNavigation } from "#renderer/state/hooks.ts";
import { closeOverlay } from "#renderer/state/overlays.ts";
import { Dialog } from "#renderer/ui/Dialog.tsx";
import { Segments } from "#renderer/ui/Segments.tsx";
import { SubmitFoot } from "#renderer/ui/SubmitFoot.tsx";
import { AgentFields } from "./AgentFields.tsx";
import { draftProblems, entryOf, newDraft, type ChildDraft } from "./childDraft.ts";
import { CommonFields } from "./CommonFields.tsx";
import { SupervisorFields } from "./SupervisorFields.tsx";
import { useParents } from "./useParents.ts";
import "./addChild.css";

interface Props {
  readonly what: "agent" | "supervisor";
  readonly parent?: string | undefined;
}

export function AddChildDialog({ what, parent }: Props): ReactElement {
  const { store } = useApp();
  const navigation = useNavigation();
  const isLive = useIsLive();
  const parents = useParents();
  const add = useCommand("fleet.addChild");
  const [draft, setDraft] = useState<ChildDraft>(() =>
    newDraft(
      what,
      startParent(
        parents.map(({ path }) => path),
        parent ?? store.getState().selected,
        store.getState().parents,
      ),
    ),
  );
  const [isTried, setTried] = useState(false);
  const change = (part: Partial<ChildDraft>) => setDraft((before) => ({ ...before, ...part }));
  const close = () => closeOverlay(store);
  useKeys("Add", [{ keys: "esc", label: "Cancel", run: close, inInputs: true }], "modal");
  const takenIds = new Set(
    [...store.getState().nodes.keys()]
      .filter((path) => path.startsWith(`${fleetOf(draft.parent)}/`))
      .map((path) => path.slice(path.indexOf("/") + 1)),
  );
  const problems = draftProblems(draft, takenIds);
  const shown = isTried ? problems : {};
  const noun = draft.what === "agent" ? "agent" : "supervisor";
  const submit = async () => {
    setTried(true);
    if (Object.keys(problems).length > 0 || !isLive) return;
    const result = await add.run(
      { fleet: fleetOf(draft.parent), parent: draft.parent, child: entryOf(draft) },
      { isQuiet: true },
    );
    if (!result.ok) return;
    close();
    select(store, result.value.path);
    navigation.navigate({ page: "tree", path: result.value.path });
  };
  return (
    <Dialog label={`Add ${noun}`} width={560} onClose={close}>
      <form
        className="add-child"
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <div className="dialog-head row">
          <span className="grow">Add {noun}</span>
          <Segments label="What to add" value={draft.what} options={WHAT} onChange={(next) => change({ what: next })} />
        </div>
        <div className="dialog-body add-child-fields">
          {parents.length === 0 ? (
            <p className="problem-inline">
              No fleet is open. Start one with signalbox up FILE, or open a fleet file from the palette.
            </p>
          ) : (
            <>
              <CommonFields draft={draft} problems={shown} parents={parents} onChange={change} />
              {draft.what === "agent" ? (
                <AgentFields draft={draft} problems={shown} onChange={change} />
              ) : (
                <SupervisorFields draft={draft} problems={shown} onChange={change} />
              )}
            </>
          )}
          {add.error !== undefined && (
            <p className="problem-inline" role="alert">
              {add.error.message}
            </p>
          )}
        </div>
        <Foot what={draft.what} isAble={isLive && parents.length > 0} isAdding={add.isPending} onCancel={close} />
      </form>
    </Dialog>
  );
}

interface FootProps {
  readonly what: ChildDraft["what"];
  readonly isAble: boolean;
  readonly isAdding: boolean;
  readonly onCancel: () => void;
}

function Foot({ what, isAble, isAdding, onCancel }: FootProps): ReactElement {
  return (
    <>
      <SubmitFoot isAble={isAble} running={isAdding && "Adding"} onCancel={onCancel}>
        {what === "agent" ? "Add and start" : "Add"}
      </SubmitFoot>
      <div className="dialog-note">
        It is written to the fleet file, comments kept; remove it there or from the tree.
      </div>
    </>
  );
}

const WHAT = [
  { value: "agent", label: "Agent" },
  { value: "supervisor", label: "Supervisor" },
] as const;

export function fleetOf(path: string): string {
  return path.split("/")[0] ?? path;
}

/** The wanted node if it is a supervisor, else the one above it, else the first fleet. */
function startParent(
  known: readonly string[],
  wanted: string | undefined,
  parents: ReadonlyMap<string, string>,
): string {
  const candidates = wanted === undefined ? [] : [wanted, parents.get(wanted)];
  return candidates.find((path) => path !== undefined && known.includes(path)) ?? known[0] ?? "";
}
