/** Adds an MCP server: a command or an address. Nothing starts unless the person says so in the same breath. */
import { useState, type ReactElement } from "react";
import { useCommand } from "#renderer/state/commands.ts";
import { useIsLive, useKeys } from "#renderer/state/hooks.ts";
import { Button } from "#renderer/ui/Button.tsx";
import { Dialog } from "#renderer/ui/Dialog.tsx";
import { Field, Labelled } from "#renderer/ui/Field.tsx";
import { Segments } from "#renderer/ui/Segments.tsx";
import { draftSecrets, draftServer, EMPTY_DRAFT, type DraftSecrets, type ServerDraft } from "./serverDraft.ts";

interface Props {
  readonly onClose: () => void;
  readonly onAdded: (key: string) => void;
}

export function AddServerDialog({ onClose, onAdded }: Props): ReactElement {
  const isLive = useIsLive();
  const add = useCommand("registry.add");
  const verify = useCommand("registry.verify");
  const [draft, setDraft] = useState<ServerDraft>(EMPTY_DRAFT);
  useKeys("Add a server", [{ keys: "esc", label: "Cancel", run: onClose, inInputs: true }], "modal");
  // While it is being typed every token begins as one that is written out.
  const [isLookedAt, setLookedAt] = useState(false);
  const read = draftServer(draft);
  const secrets = draftSecrets(draft);
  const submit = async (isVerified: boolean) => {
    setLookedAt(true);
    if (!read.ok || !isLive || Object.keys(secrets).length > 0) return;
    const added = await add.run(read.server, { isQuiet: true });
    if (!added.ok) return;
    onClose();
    onAdded(added.value.key);
    if (isVerified) void verify.run({ server: added.value.key });
  };
  const error = add.error?.message;
  return (
    <Dialog label="Add a server" width={560} onClose={onClose}>
      <form
        className="registry-add"
        onSubmit={(event) => {
          event.preventDefault();
          void submit(true);
        }}
      >
        <div className="dialog-head">Add a server</div>
        <div className="dialog-body registry-add-fields">
          <Fields
            draft={draft}
            setDraft={setDraft}
            secrets={isLookedAt ? secrets : {}}
            onLeave={() => setLookedAt(true)}
          />
          {error !== undefined && <p className="bad">{error}</p>}
        </div>
        <div className="dialog-foot">
          <Button size="large" keys="esc" onClick={onClose}>
            Cancel
          </Button>
          <span className="grow" />
          <Button size="large" disabled={!read.ok || !isLive} onClick={() => void submit(false)}>
            Only add
          </Button>
          <Button
            size="large"
            kind="primary"
            submits
            disabled={!read.ok || !isLive}
            running={add.isPending && "Adding"}
          >
            Add and start
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

interface FieldsProps {
  readonly draft: ServerDraft;
  readonly setDraft: (draft: ServerDraft) => void;
  readonly secrets: DraftSecrets;
  /** A field that may hold one was left. */
  readonly onLeave: () => void;
}

function Fields({ draft, setDraft, secrets, onLeave }: FieldsProps): ReactElement {
  const set = (change: Partial<ServerDraft>) => setDraft({ ...draft, ...change });
  const isHttp = draft.kind === "http";
  return (
    <>
      <Labelled label="Name" hint="Letters, digits, _ and -.">
        {(id) => (
          <Field
            id={id}
            data-autofocus
            value={draft.id}
            placeholder="memory"
            onChange={(event) => set({ id: event.target.value })}
          />
        )}
      </Labelled>
      <Segments
        label="How it is reached"
        value={draft.kind}
        options={[
          { value: "stdio", label: "A command" },
          { value: "http", label: "An address" },
        ]}
        onChange={(kind) => set({ kind })}
      />
      <Labelled
        label={isHttp ? "Address" : "Command"}
        hint={isHttp ? "A streamable HTTP endpoint." : "It runs on the machine of Signalbox, in your home folder."}
        error={secrets.where}
      >
        {(id) => (
          <Field
            id={id}
            className="mono"
            value={draft.where}
            invalid={secrets.where !== undefined}
            placeholder={isHttp ? "https://tools.example/mcp" : "npx -y @modelcontextprotocol/server-memory"}
            onBlur={onLeave}
            onChange={(event) => set({ where: event.target.value })}
          />
        )}
      </Labelled>
      <Labelled
        label={isHttp ? "Headers" : "Variables"}
        hint={`One NAME=value a line. \${NAME} stands for your own environment, so that no secret is written down.`}
        error={secrets.pairs}
      >
        {(id) => (
          <textarea
            id={id}
            className="registry-textarea mono"
            rows={2}
            spellCheck={false}
            aria-invalid={secrets.pairs !== undefined || undefined}
            value={draft.pairs}
            onBlur={onLeave}
            onChange={(event) => set({ pairs: event.target.value })}
          />
        )}
      </Labelled>
      <Labelled
        label="Agents that may use it"
        hint="fleet/id, with * for any; apart by commas. Nobody but you without it."
      >
        {(id) => (
          <Field
            id={id}
            className="mono"
            value={draft.agents}
            placeholder="shop/*"
            onChange={(event) => set({ agents: event.target.value })}
          />
        )}
      </Labelled>
    </>
  );
}
