/** Content of a message to be changed: checked by who would take it, before it goes anywhere. */
import { useId, useState, type ReactElement } from "react";
import { Button } from "./Button.tsx";
import "./payloadEditor.css";

interface Props {
  readonly text: string;
  /** What follows from sending it, in a sentence. */
  readonly consequence: string;
  /** Undefined: it was sent; else why not. */
  readonly onSend: (text: string) => Promise<string | undefined>;
  readonly onCancel: () => void;
}

export function PayloadEditor({ text, consequence, onSend, onCancel }: Props): ReactElement {
  const id = useId();
  const [value, setValue] = useState(text);
  const [problem, setProblem] = useState<string>();
  const [isSending, setSending] = useState(false);
  const send = async () => {
    setSending(true);
    const refused = await onSend(value);
    setSending(false);
    setProblem(refused);
  };
  const rows = Math.min(24, Math.max(6, value.split("\n").length + 1));
  return (
    <div className="payload-editor">
      <textarea
        id={id}
        className="mono"
        aria-label="Content to send"
        aria-invalid={problem !== undefined || undefined}
        aria-describedby={`${id}-note`}
        rows={rows}
        spellCheck={false}
        value={value}
        autoFocus
        onChange={(event) => {
          setValue(event.target.value);
          setProblem(undefined);
        }}
        onKeyDown={(event) => {
          if (event.key === "Escape") onCancel();
          if (event.key === "Enter" && (event.metaKey || event.ctrlKey)) void send();
          event.stopPropagation();
        }}
      />
      <p
        id={`${id}-note`}
        role={problem === undefined ? undefined : "alert"}
        className={problem === undefined ? "small t3" : "small bad"}
      >
        {problem ?? consequence}
      </p>
      <div className="row">
        <Button kind="primary" keys="mod+enter" running={isSending && "Sending"} onClick={() => void send()}>
          Send it
        </Button>
        <Button kind="quiet" onClick={onCancel}>
          Cancel
        </Button>
      </div>
    </div>
  );
}
