/** Right side of the page's header: filter, zoom, Diagram or Outline, and the one action. */
import type { ReactElement, RefObject } from "react";
import { GitFork, List, ListFilter, Minus, Plus, X } from "lucide-react";
import { Button } from "#renderer/ui/Button.tsx";
import { Field } from "#renderer/ui/Field.tsx";
import { InspectorToggle } from "#renderer/ui/InspectorToggle.tsx";
import { Segments } from "#renderer/ui/Segments.tsx";
import { plural } from "#shared/lib/words.ts";
import type { LayoutNode, ZoomLevel } from "./layout.ts";
import { setShape, toggleInspector, useInspectorShown, useTreeView } from "./treeView.ts";

interface Props {
  readonly level: ZoomLevel;
  readonly text: string;
  readonly onText: (text: string) => void;
  readonly onZoom: (by: 1 | -1) => void;
  readonly onAdd: () => void;
  readonly filterRef: RefObject<HTMLInputElement | null>;
  readonly isConnected: boolean;
  readonly isEmpty: boolean;
}

const LEVEL_NAMES: Record<ZoomLevel, string> = { 1: "agents", 2: "supervisors", 3: "areas" };

export function TreeHeader({
  level,
  text,
  onText,
  onZoom,
  onAdd,
  filterRef,
  isConnected,
  isEmpty,
}: Props): ReactElement {
  const shape = useTreeView((view) => view.shape);
  const isInspectorShown = useInspectorShown();
  return (
    <div className="tree-tools">
      <Field
        className="tree-filter"
        icon={<ListFilter size={14} aria-hidden="true" />}
        {...(text === "" ? { keys: "/" } : {})}
        placeholder="Filter by name, state, CLI"
        aria-label="Filter the tree by name, state or CLI"
        value={text}
        inputRef={filterRef}
        disabled={isEmpty}
        onChange={(event) => onText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== "Escape") return;
          event.stopPropagation();
          onText("");
          event.currentTarget.blur();
        }}
        trailing={
          text !== "" && (
            <button type="button" className="tree-clear" aria-label="Clear the filter" onClick={() => onText("")}>
              <X size={12} />
            </button>
          )
        }
      />
      {shape === "diagram" && (
        <div className="seg tree-zoom" role="group" aria-label={`Zoom: ${LEVEL_NAMES[level]}`}>
          <button
            type="button"
            aria-label="Show less detail"
            title="Less detail  −"
            disabled={level === 3}
            onClick={() => onZoom(1)}
          >
            <Minus size={13} />
          </button>
          <span aria-hidden="true">{LEVEL_NAMES[level]}</span>
          <button
            type="button"
            aria-label="Show more detail"
            title="More detail  +"
            disabled={level === 1}
            onClick={() => onZoom(-1)}
          >
            <Plus size={13} />
          </button>
        </div>
      )}
      <Segments
        label="View"
        value={shape}
        options={[
          { value: "diagram", label: "Diagram", icon: <GitFork size={13} aria-hidden="true" /> },
          { value: "outline", label: "Outline", icon: <List size={13} aria-hidden="true" /> },
        ]}
        onChange={setShape}
      />
      <Button icon={<Plus size={14} />} disabled={!isConnected || isEmpty} onClick={onAdd} className="tree-add">
        <span className="tree-add-word">Add agent</span>
      </Button>
      <InspectorToggle isShown={isInspectorShown} onToggle={toggleInspector} />
    </div>
  );
}

/** "24 nodes"; nothing for an empty tree. */
export function headerFact(shape: readonly LayoutNode[]): string {
  const count = (node: LayoutNode): number => node.children.reduce((sum, child) => sum + count(child), 1);
  const nodes = shape.reduce((sum, root) => sum + count(root), 0);
  return nodes === 0 ? "" : plural(nodes, "node");
}
