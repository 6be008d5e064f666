import { Select, UnstyledButton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { http } from "../api/http";
import type { Look, Page } from "../api/types";
import { sayError } from "../ui/toasts";
import { formatDate } from "../ui/units";
import { useRenaming } from "./useRenaming";
import classes from "./Inspector.module.css";

const KINDS = [{ value: "", label: "not sensitive" }, { value: "human", label: "human" }, { value: "re-identifiable", label: "human, re-identifiable" }];

/** Whether a dataset's images are of people; then, for those who may change it, who looked at them. */
export function Sensitivity({ id, value, version, canEdit }: { id: number; value: string | null; version: number; canEdit: boolean }) {
  const changing = useRenaming({ type: "dataset", id }, version);
  const [isOpen, setOpen] = useState(false);
  const looks = useQuery({
    queryKey: ["looks", id], queryFn: () => http.get<Page<Look>>(`/datasets/${id}/accesses`, { limit: 100 }), enabled: isOpen && value !== null && canEdit,
  });
  if (!canEdit && value === null) return null;
  const keep = (chosen: string | null) => changing.mutate({ sensitivity: chosen || null }, { onError: sayError });
  return (
    <section className={classes.section}>
      <h3>Sensitive data</h3>
      <Select aria-label="Sensitivity" allowDeselect={false} disabled={!canEdit} data={KINDS} value={value ?? ""} onChange={keep}
        description={value ? "Sharing and exporting ask for a reason; each look is kept." : undefined} inputWrapperOrder={["input", "description"]} />
      {value !== null && canEdit && (
        <UnstyledButton mt={8} fz="sm" className="muted" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>{isOpen ? "Hide" : "Show"} who looked at it</UnstyledButton>
      )}
      {isOpen && looks.data && (
        <ul style={{ margin: "8px 0 0", padding: 0, listStyle: "none", fontSize: 12 }}>
          {looks.data.items.length === 0 && <li className="muted">Nobody yet.</li>}
          {looks.data.items.map((look) => (
            <li key={look.id} style={{ padding: "2px 0" }}>
              {formatDate(look.time)} · {look.link !== null ? `link “${look.link}”` : (look.username ?? "public")} · {look.action} {look.object}
              {look.reason && <span className="muted"> · {look.reason}</span>}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
