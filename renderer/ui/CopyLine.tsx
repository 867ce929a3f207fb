/** A command as one would type it, with a button that copies it. */
import { Check, Copy } from "lucide-react";
import { useState, type ReactElement } from "react";
import { Button } from "./Button.tsx";
import "./copyLine.css";

export function CopyLine({ command }: { readonly command: string }): ReactElement {
  const [isCopied, setCopied] = useState(false);
  const copy = () => void navigator.clipboard.writeText(command).then(() => setCopied(true));
  return (
    <div className="copy-line code-block">
      <code className="grow">
        <span className="dim">$</span> {command}
      </code>
      <Button
        kind="quiet"
        icon={isCopied ? <Check size={13} /> : <Copy size={13} />}
        aria-label={`Copy ${command}`}
        onClick={copy}
      >
        {isCopied ? "Copied" : "Copy"}
      </Button>
    </div>
  );
}
