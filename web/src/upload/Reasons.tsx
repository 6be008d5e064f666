import type { PathReason } from "../api/types";

const MOST = 100;

/** Files with what is to be said of each, folded unless they are the news. */
export function Reasons({ title, items, isOpen = false, total }: { title: string; items: PathReason[]; isOpen?: boolean; total?: number }) {
  if (items.length === 0) return null;
  return (
    <details open={isOpen}>
      <summary className="muted">{total ?? items.length} {title}</summary>
      {items.slice(0, MOST).map((item, index) => <p key={`${item.path}-${index}`} title={item.advice}>{item.path && <b>{item.path}</b>} {item.reason}</p>)}
      {items.length > MOST && <p className="muted">and {items.length - MOST} more</p>}
    </details>
  );
}
