/** Keeps a template of an agent, or changes one: what it runs, and what it is good for. Nothing is started by it. */
import { useState, type ReactElement } from "react";
import type { AgentTemplate } from "#shared/model/agentTemplate.ts";
import { useCommand, useCoreQuery } from "#renderer/state/commands.ts";
import { useIsLive, useKeys } from "#renderer/state/hooks.ts";
import { Dialog } from "#renderer/ui/Dialog.tsx";
import { Field, Labelled } from "#renderer/ui/Field.tsx";
import { SubmitFoot } from "#renderer/ui/SubmitFoot.tsx";
import { templateDraft, templateOrder, templateProblems } from "./templateDraft.ts";
import type { TemplateDraft, TemplateProblems } from "./templateDraft.ts";

interface Props {
  /** The one to change; without it a new one is kept. */
  readonly template?: AgentTemplate | undefined;
  readonly takenIds: ReadonlySet<string>;
  readonly onClose: () => void;
}

export function TemplateDialog({ template, takenIds, onClose }: Props): ReactElement {
  const isLive = useIsLive();
  const keep = useCommand("registry.keepTemplate");
  const change = useCommand("registry.changeTemplate");
  const [draft, setDraft] = useState<TemplateDraft>(() => templateDraft(template));
  const [isTried, setTried] = useState(false);
  const label = template === undefined ? "Add a template" : `Change ${template.id}`;
  useKeys(label, [{ keys: "esc", label: "Cancel", run: onClose, inInputs: true }], "modal");
  const problems = templateProblems(draft, template === undefined ? takenIds : new Set());
  const submit = async () => {
    setTried(true);
    if (Object.keys(problems).length > 0 || !isLive) return;
    const order = templateOrder(draft, template?.child);
    const done =
      template === undefined
        ? await keep.run(order, { isQuiet: true })
        : await change.run(order, { isQuiet: true, undo: () => undoOf(template, change.run) });
    if (done.ok) onClose();
  };
  const error = (template === undefined ? keep : change).error?.message;
  return (
    <Dialog label={label} width={520} onClose={onClose}>
      <form
        className="registry-add"
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <div className="dialog-head">{label}</div>
        <div className="dialog-body registry-add-fields">
          <Fields
            draft={draft}
            problems={isTried ? problems : {}}
            isNew={template === undefined}
            onChange={(part) => setDraft((before) => ({ ...before, ...part }))}
          />
          {error !== undefined && <p className="bad">{error}</p>}
        </div>
        <SubmitFoot
          isAble={isLive}
          running={(keep.isPending && "Adding") || (change.isPending && "Saving")}
          onCancel={onClose}
        >
          {template === undefined ? "Add template" : "Save"}
        </SubmitFoot>
      </form>
    </Dialog>
  );
}

function undoOf(
  { id, about, tags, child }: AgentTemplate,
  run: ReturnType<typeof useCommand<"registry.changeTemplate">>["run"],
) {
  return { text: `${id} was changed`, run: () => void run({ id, about, tags, child }) };
}

interface FieldsProps {
  readonly draft: TemplateDraft;
  readonly problems: TemplateProblems;
  readonly isNew: boolean;
  readonly onChange: (part: Partial<TemplateDraft>) => void;
}

function Fields({ draft, problems, isNew, onChange }: FieldsProps): ReactElement {
  const line = (key: "id" | "about" | "tags" | "command" | "model" | "role", more: LineProps) => (
    <Line key={key} {...more} value={draft[key]} error={problems[key]} onChange={(text) => onChange({ [key]: text })} />
  );
  const isCommand = draft.agent === "command";
  return (
    <>
      {isNew &&
        line("id", { label: "Name", hint: "Letters, digits, _ and -.", placeholder: "reviewer", isFirst: true })}
      {line("about", { label: "What it is for", placeholder: "Reads what others wrote", isFirst: !isNew })}
      <AgentChoice draft={draft} error={problems.agent} onChange={onChange} />
      {isCommand &&
        line("command", {
          label: "Command line",
          hint: "Run by your login shell.",
          placeholder: "npm test -- --watch",
        })}
      {!isCommand && draft.agent !== "" && (
        <>
          <Labelled label="Briefing" hint="Typed to the agent at its first start.">
            {(id) => (
              <textarea
                id={id}
                className="text-area"
                value={draft.prompt}
                placeholder="Review every change before it lands"
                onChange={(event) => onChange({ prompt: event.target.value })}
              />
            )}
          </Labelled>
          {line("model", { label: "Model", hint: "Empty: as the agent CLI chooses." })}
        </>
      )}
      {line("role", { label: "Role", hint: "Messages may be addressed to it.", placeholder: "reviewer" })}
      {line("tags", {
        label: "Good for",
        hint: "Found by these words; apart by commas.",
        placeholder: "review, typescript",
      })}
    </>
  );
}

interface LineProps {
  readonly label: string;
  readonly hint?: string;
  readonly placeholder?: string;
  readonly isFirst?: boolean;
}

interface LineValue extends LineProps {
  readonly value: string;
  readonly error: string | undefined;
  readonly onChange: (text: string) => void;
}

function Line({ label, hint, placeholder, isFirst, value, error, onChange }: LineValue): ReactElement {
  return (
    <Labelled label={label} hint={hint} error={error}>
      {(id) => (
        <Field
          id={id}
          data-autofocus={isFirst === true ? true : undefined}
          value={value}
          invalid={error !== undefined}
          placeholder={placeholder}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Labelled>
  );
}

function AgentChoice({
  draft,
  error,
  onChange,
}: Pick<FieldsProps, "draft" | "onChange"> & { readonly error: string | undefined }): ReactElement {
  const clis = (useCoreQuery("agents.clis", {}, { staleMs: 60_000 }).data ?? []).filter(({ id }) => id !== "command");
  return (
    <Labelled label="What it runs" error={error}>
      {(id) => (
        <span className="field">
          <select id={id} value={draft.agent} onChange={(event) => onChange({ agent: event.target.value })}>
            <option value="">Choose</option>
            {clis.map((cli) => (
              <option key={cli.id} value={cli.id}>
                {cli.installed ? cli.name : `${cli.name}, not installed`}
              </option>
            ))}
            <option value="command">A command line</option>
          </select>
        </span>
      )}
    </Labelled>
  );
}
