import { Badge, Tooltip } from "@mantine/core";
import type { Visit } from "../api/types";
import { formatDate } from "../ui/units";

/** What a visitor may do here, and until when. */
export function VisitBadge({ visit }: { visit: Visit }) {
  const may = visit.is_blind ? "Blind review" : visit.may_annotate ? "May annotate" : "Read only";
  const what = visit.is_public ? "Published" : visit.name || "Shared with you";
  const until = visit.expires_at ? `until ${formatDate(visit.expires_at)}` : "You see this without an account";
  return (
    <Tooltip label={until}>
      <Badge variant="light" color="gray" size="lg" tt="none" fw={500} style={{ maxWidth: 320 }}>{what} · {may}</Badge>
    </Tooltip>
  );
}
