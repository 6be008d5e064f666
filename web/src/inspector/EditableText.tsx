import { Textarea, UnstyledButton } from "@mantine/core";
import { useState } from "react";
import { sayError } from "../ui/toasts";
import classes from "./Inspector.module.css";

interface Props {
  value: string; label: string; placeholder?: string; isMultiline?: boolean; canEdit: boolean;
  onSave: (value: string) => Promise<unknown>;
}

/** Text that becomes a field where it stands: Enter keeps, Escape drops, leaving keeps. */
export function EditableText({ value, label, placeholder, isMultiline = false, canEdit, onSave }: Props) {
  const [draft, setDraft] = useState<string | null>(null);
  const [isSaving, setSaving] = useState(false);
  const finish = async (isKept: boolean) => {
    if (draft === null || isSaving) return;
    const next = draft.trim();
    const isAllowed = isMultiline || next !== "";
    if (!isKept || !isAllowed || next === value.trim()) return setDraft(null);
    setSaving(true);
    try {
      await onSave(next);
      setDraft(null);
    } catch (error) {
      sayError(error);
    } finally {
      setSaving(false);
    }
  };
  if (draft !== null) {
    return (
      <Textarea size="xs" autosize autoFocus aria-label={label} value={draft} disabled={isSaving} style={{ flex: 1 }} minRows={isMultiline ? 2 : 1}
        onFocus={(event) => event.currentTarget.select()} onChange={(event) => setDraft(event.currentTarget.value)} onBlur={() => void finish(true)}
        onKeyDown={(event) => {
          if (event.key === "Escape") void finish(false);
          if (event.key === "Enter" && (!isMultiline || event.ctrlKey || event.metaKey)) {
            event.preventDefault();
            void finish(true);
          }
        }} />
    );
  }
  if (!canEdit) return <span style={{ flex: 1, whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}>{value}</span>;
  return (
    <UnstyledButton className={classes.editable} fz="inherit" fw="inherit" title={`Edit ${label.toLowerCase()}`} aria-label={`${label}: ${value || "none"}. Edit`}
      onClick={() => setDraft(value)}>
      {value || <span className="muted">{placeholder}</span>}
    </UnstyledButton>
  );
}
