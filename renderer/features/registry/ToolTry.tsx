/** A tool to try: a form of its schema or JSON, then the answer and how long it took. */
import { ArrowLeft, Play } from "lucide-react";
import { useEffect, useRef, useState, type ReactElement } from "react";
import type { Tool, ToolOutcome, ToolServer, ToolSummary } from "#shared/model/toolServer.ts";
import { useCommand, useCoreQuery } from "#renderer/state/commands.ts";
import { useIsLive, useNowText } from "#renderer/state/hooks.ts";
import { Button } from "#renderer/ui/Button.tsx";
import { Field, Labelled } from "#renderer/ui/Field.tsx";
import { Lamp } from "#renderer/ui/Lamp.tsx";
import { Problem } from "#renderer/ui/Problem.tsx";
import { Segments } from "#renderer/ui/Segments.tsx";
import { Skeleton } from "#renderer/ui/Skeleton.tsx";
import { Switch } from "#renderer/ui/Switch.tsx";
import { answeredWords, prettyJson } from "./registryWords.ts";
import { fieldsOf, readArgs, readJsonArgs, type FormField, type ReadArgs } from "./schemaForm.ts";

interface Props {
  readonly server: ToolServer;
  readonly tool: ToolSummary;
  readonly onBack: () => void;
}

export function ToolTry({ server, tool, onBack }: Props): ReactElement {
  const found = useCoreQuery("registry.tool", { server: server.key, tool: tool.name });
  return (
    <div className="registry-details">
      <Button kind="quiet" icon={<ArrowLeft size={13} />} onClick={onBack}>
        {server.key}
      </Button>
      <div>
        <h2 className="strong mono">{tool.name}</h2>
        <p className="t2">{found.data?.description ?? tool.description}</p>
      </div>
      {found.error !== null && (
        <Problem title={found.error.message} action="Try again" onAction={() => void found.refetch()} />
      )}
      {found.data === undefined && found.error === null && <Skeleton rows={3} />}
      {found.data !== undefined && <TryForm server={server} tool={found.data} />}
    </div>
  );
}

function TryForm({ server, tool }: { readonly server: ToolServer; readonly tool: Tool }): ReactElement {
  const form = useTry(server, tool);
  const { invoke, answer } = form;
  return (
    <form
      className="registry-form"
      onSubmit={(event) => {
        event.preventDefault();
        void form.run();
      }}
    >
      <Arguments form={form} />
      <CallButton server={server} tool={tool} form={form} />
      {tool.problem !== undefined && <p className="bad">{tool.problem}</p>}
      {invoke.error !== undefined && <p className="bad registry-refusal">{invoke.error.message}</p>}
      {answer !== undefined && <Answer answer={answer} form={form} />}
      <details className="small">
        <summary>Schema</summary>
        <pre className="code-block registry-json">
          {JSON.stringify({ input: tool.inputSchema, output: tool.outputSchema }, null, 2)}
        </pre>
      </details>
    </form>
  );
}

type Form = ReturnType<typeof useTry>;

function Arguments({ form }: { readonly form: Form }): ReactElement {
  const { fields, isJson, typed, setTyped, json, setJson, problem } = form;
  const errorOf = (name: string) => (problem?.field === name ? problem.message : undefined);
  return (
    <>
      {fields !== undefined && fields.length > 0 && (
        <Segments
          label="Arguments as"
          value={isJson ? "json" : "form"}
          options={[
            { value: "form", label: "Form" },
            { value: "json", label: "JSON" },
          ]}
          onChange={form.setMode}
        />
      )}
      {isJson || fields === undefined ? (
        <JsonArgs value={json} error={errorOf("")} onChange={setJson} />
      ) : (
        fields.map((field) => (
          <ArgField
            key={field.name}
            field={field}
            value={typed[field.name] ?? field.initial}
            error={errorOf(field.name)}
            onChange={(value) => setTyped({ ...typed, [field.name]: value })}
          />
        ))
      )}
    </>
  );
}

interface CallProps {
  readonly server: ToolServer;
  readonly tool: Tool;
  readonly form: Form;
}

function CallButton({ server, tool, form }: CallProps): ReactElement {
  const isUp = server.state === "active" || server.state === "degraded";
  return (
    <Button
      submits
      kind={tool.hints.includes("destructive") ? "danger" : "primary"}
      icon={<Play size={13} />}
      disabled={!form.isLive || server.state === "disabled" || tool.problem !== undefined}
      running={form.invoke.isPending && "Calling"}
    >
      {isUp ? "Call" : "Start and call"}
    </Button>
  );
}

function useTry(server: ToolServer, tool: Tool) {
  const isLive = useIsLive();
  const invoke = useCommand("registry.invoke");
  const fields = fieldsOf(tool.inputSchema);
  const [isJson, setIsJson] = useState(false);
  const [typed, setTyped] = useState<Readonly<Record<string, string>>>({});
  const [json, setJson] = useState("{}");
  const [problem, setProblem] = useState<Extract<ReadArgs, { ok: false }>>();
  const [answer, setAnswer] = useState<Answered>();
  const read = (): ReadArgs => (isJson || fields === undefined ? readJsonArgs(json) : readArgs(fields, typed));
  const call = async (args: Readonly<Record<string, unknown>>, { fresh = false } = {}) => {
    if (!isLive) return;
    const order = { server: server.key, tool: tool.name, args: { ...args }, ...(fresh ? { fresh } : {}) };
    const result = await invoke.run(order, { isQuiet: true });
    setAnswer(result.ok ? { ...result.value, askAnew: () => void call(args, { fresh: true }) } : undefined);
  };
  const run = async () => {
    const given = read();
    setProblem(given.ok ? undefined : given);
    if (given.ok) await call(given.args);
  };
  /** What was typed into the form goes along. */
  const setMode = (mode: "form" | "json") => {
    const given = read();
    if (mode === "json" && given.ok) setJson(JSON.stringify(given.args, null, 2));
    setProblem(undefined);
    setIsJson(mode === "json");
  };
  return { isLive, invoke, fields, isJson, typed, setTyped, json, setJson, problem, answer, run, setMode };
}

interface JsonProps {
  readonly value: string;
  readonly error: string | undefined;
  readonly onChange: (value: string) => void;
}

function JsonArgs({ value, error, onChange }: JsonProps): ReactElement {
  return (
    <Labelled label="Arguments" error={error} hint="A JSON object.">
      {(id) => (
        <textarea
          id={id}
          className="registry-textarea mono"
          rows={6}
          spellCheck={false}
          value={value}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Labelled>
  );
}

interface ArgProps extends JsonProps {
  readonly field: FormField;
}

function ArgField({ field, value, error, onChange }: ArgProps): ReactElement {
  const { name, kind, hint, isRequired, choices } = field;
  if (kind === "switch")
    return (
      <Switch
        label={name}
        {...(hint === undefined ? {} : { hint })}
        isOn={value === "true"}
        onChange={(isOn) => onChange(String(isOn))}
      />
    );
  return (
    <Labelled label={isRequired ? name : `${name} (optional)`} hint={hint} error={error}>
      {(id) =>
        kind === "choice" ? (
          <span className="field">
            <select id={id} value={value} onChange={(event) => onChange(event.target.value)}>
              {!isRequired && <option value="">None</option>}
              {choices.map((choice) => (
                <option key={choice} value={choice}>
                  {choice}
                </option>
              ))}
            </select>
          </span>
        ) : (
          <Field
            id={id}
            className={kind === "json" ? "mono" : ""}
            inputMode={kind === "number" ? "decimal" : "text"}
            invalid={error !== undefined}
            value={value}
            {...(kind === "json" ? { placeholder: "JSON" } : {})}
            onChange={(event) => onChange(event.target.value)}
          />
        )
      }
    </Labelled>
  );
}

/** With the way to have the same asked anew, whatever stands in the form by then. */
interface Answered extends ToolOutcome {
  readonly askAnew: () => void;
}

function Answer({ answer, form }: { readonly answer: Answered; readonly form: Form }): ReactElement {
  const { text, structured, content } = answer;
  const answered = useNowText((now) => answeredWords(answer, now));
  const place = useRef<HTMLDivElement>(null);
  // In a low window it would come below the edge, unseen.
  useEffect(() => {
    place.current?.scrollIntoView?.({ block: "nearest" });
  }, [answer]);
  const rest = structured ?? (text === "" ? content : undefined);
  const isSame = rest !== undefined && prettyJson(text) === JSON.stringify(rest, null, 2);
  return (
    <div role="status" aria-label="Answer" className="registry-answer" ref={place}>
      <p className="small t2 registry-state">
        <Lamp state="done" size={12} /> {answered}
        {answer.cachedAt !== undefined && (
          <Button
            kind="quiet"
            disabled={!form.isLive}
            running={form.invoke.isPending && "Asking"}
            onClick={answer.askAnew}
          >
            Ask anew
          </Button>
        )}
      </p>
      {text !== "" && !isSame && <pre className="code-block registry-json">{text}</pre>}
      {rest !== undefined && (
        <>
          {text !== "" && !isSame && <p className="small t3">As data</p>}
          <pre className="code-block registry-json">{JSON.stringify(rest, null, 2)}</pre>
        </>
      )}
    </div>
  );
}
