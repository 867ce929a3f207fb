import { useState, type ReactElement } from "react";
import { useInfo, useNowText } from "#renderer/state/hooks.ts";
import { Button } from "#renderer/ui/Button.tsx";
import { durationWords } from "#shared/lib/words.ts";

/** Which app this is and where it keeps everything. */
export function About(): ReactElement | null {
  const info = useInfo();
  const age = useNowText((now) => (info === undefined ? "" : durationWords(now - Date.parse(info.startedAt))));
  if (info === undefined) return null;
  return (
    <section className="settings-group" aria-label="About">
      <h2 className="section-head">About</h2>
      <dl className="list about">
        <Fact
          name="Version"
          value={`Signalbox ${info.version}, ${info.host === "desktop" ? "desktop app" : "headless"} on ${info.platform}`}
        />
        <Fact name="Data directory" value={info.dataDir} isMono canCopy />
        <Fact
          name="Running"
          value={`for ${age}, process ${info.pid}${info.noStart ? ", started with --no-start" : ""}`}
        />
      </dl>
      <p className="small t3 settings-foot">
        Events, sessions and every byte agents printed lie in the data directory and nowhere else. Free software under
        the MIT licence.
      </p>
    </section>
  );
}

interface FactProps {
  readonly name: string;
  readonly value: string;
  readonly isMono?: boolean;
  readonly canCopy?: boolean;
}

function Fact({ name, value, isMono, canCopy }: FactProps): ReactElement {
  const [isCopied, setCopied] = useState(false);
  const copy = () => void navigator.clipboard.writeText(value).then(() => setCopied(true));
  return (
    <div className="settings-line">
      <dt className="t3 about-name">{name}</dt>
      <dd className="row grow about-value">
        <span className={isMono === true ? "mono grow ell" : "grow ell"}>{value}</span>
        {canCopy === true && (
          <Button kind="quiet" onClick={copy}>
            {isCopied ? "Copied" : "Copy"}
          </Button>
        )}
      </dd>
    </div>
  );
}
