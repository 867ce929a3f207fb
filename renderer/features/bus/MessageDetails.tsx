/** One message of the catalogue in full: what it is for, who speaks it, what it carries, and how that was written before. */
import { Copy } from "lucide-react";
import type { ReactElement } from "react";
import { jsonSchemaOf } from "#shared/model/catalogue/jsonSchema.ts";
import { Button } from "#renderer/ui/Button.tsx";
import { Chip } from "#renderer/ui/Chip.tsx";
import type { ListedMessage } from "./catalogueList.ts";
import { fieldsOf } from "./schemaFields.ts";

export function MessageDetails({ message: { name, entry } }: { readonly message: ListedMessage }): ReactElement {
  const schema = jsonSchemaOf(entry.schema);
  const answer = entry.answer === undefined ? undefined : jsonSchemaOf(entry.answer);
  return (
    <div className="bus-details">
      <div className="row">
        <h2 className="strong mono">{name}</h2>
        <span className="grow" />
        <Chip outline={entry.kind !== "event"}>{entry.kind}</Chip>
      </div>
      <p className="t2">{entry.purpose}</p>
      <dl className="bus-facts small">
        <dt className="t3">Spoken by</dt>
        <dd>{entry.spokenBy}</dd>
        <dt className="t3">Where</dt>
        <dd className="mono">{entry.channel}</dd>
        <dt className="t3">Version</dt>
        <dd>{versionWords(entry.version, entry.older.length)}</dd>
        {entry.aliases.length > 0 && (
          <>
            <dt className="t3">Elsewhere</dt>
            <dd className="mono">{entry.aliases.join(", ")}</dd>
          </>
        )}
      </dl>
      <Fields title="Carries" schema={schema} />
      {answer !== undefined && <Fields title="Is answered with" schema={answer} />}
      <div className="section-head">Example</div>
      <pre className="code-block bus-json">{JSON.stringify(entry.example, null, 2)}</pre>
      <details>
        <summary className="small t2">JSON Schema</summary>
        <pre className="code-block bus-json">{JSON.stringify(schema, null, 2)}</pre>
      </details>
      <Button
        kind="quiet"
        icon={<Copy size={13} />}
        onClick={() => void navigator.clipboard.writeText(JSON.stringify(schema, null, 2))}
      >
        Copy the schema
      </Button>
    </div>
  );
}

function Fields({
  title,
  schema,
}: {
  readonly title: string;
  readonly schema: ReturnType<typeof jsonSchemaOf>;
}): ReactElement {
  const fields = fieldsOf(schema);
  return (
    <section className="bus-fields" aria-label={title}>
      <div className="section-head">{title}</div>
      {fields.length === 0 && <p className="small t3">Nothing, or data of any form.</p>}
      {fields.map((field) => (
        <div key={field.name} className="bus-field small">
          <span className="mono">{field.name}</span>
          <span className="t2">{field.words}</span>
          <span className="t3">{field.isRequired ? "" : "optional"}</span>
        </div>
      ))}
    </section>
  );
}

function versionWords(version: number, older: number): string {
  return older === 0
    ? String(version)
    : `${version}; what was written in ${older === 1 ? "the version before" : `the ${older} before`} is brought up to it when it is read`;
}
