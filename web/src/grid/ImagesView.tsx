import { Select, Skeleton, Slider } from "@mantine/core";
import { useLocalStorage } from "@mantine/hooks";
import type { ReactNode } from "react";
import { ObjectMenu } from "../commands/ObjectMenu";
import type { ImageFilter } from "../api/objects";
import type { ImageItem, ObjectRef } from "../api/types";
import { Problem } from "../ui/Problem";
import { useStore } from "../ui/store";
import { useDelayed } from "../ui/useDelayed";
import { ImageGrid } from "./ImageGrid";
import { selection } from "./selection";
import { useImages } from "./useImages";
import shell from "../shell/Workspace.module.css";
import classes from "./ImageGrid.module.css";

interface Props { title: string; filter: ImageFilter; total?: number; empty: ReactNode; fixedSort?: string; subject?: ObjectRef }

const SORTS = [
  { value: "name", label: "Name" }, { value: "-name", label: "Name, Z first" }, { value: "-id", label: "Newest first" }, { value: "id", label: "Oldest first" },
];

/** A place's images: its name, how they are sorted, how large they are, and the grid. */
export function ImagesView({ title, filter, total, empty, fixedSort, subject }: Props) {
  const [sort, setSort] = useLocalStorage({ key: "grid-sort", defaultValue: "name", getInitialValueInEffect: false });
  const images = useImages(filter, fixedSort ?? sort);
  const known = images.hasNextPage ? Math.max(total ?? 0, images.items.length + 1) : images.items.length;
  return (
    <>
      <GridToolbar title={title} count={images.isPending ? undefined : total && images.hasNextPage ? total : known} subject={subject}>
        {!fixedSort && (
          <Select aria-label="Sort by" w={140} data={SORTS} value={sort} allowDeselect={false} comboboxProps={{ transitionProps: { duration: 0 } }}
            onChange={(value) => value && setSort(value)} />
        )}
      </GridToolbar>
      <GridBody items={images.items} total={known} isPending={images.isPending} error={images.error} empty={empty} onNeed={images.onNeed}
        onRetry={() => void images.refetch()} />
    </>
  );
}

export function GridToolbar({ title, count, subject, children }: { title: string; count?: number; subject?: ObjectRef; children?: ReactNode }) {
  const [size, setSize] = useCellSize();
  const chosen = useStore(selection).ids;
  return (
    <div className={shell.toolbar}>
      <h1 className="truncate" title={title}>{title}</h1>
      {count !== undefined && (
        <span className="muted truncate" style={{ flex: "none" }} aria-live="polite">
          {chosen.length > 1 ? `${chosen.length.toLocaleString("en")} of ${count.toLocaleString("en")} chosen` : `${count.toLocaleString("en")} ${count === 1 ? "image" : "images"}`}
        </span>
      )}
      <span className={shell.grow} />
      {children}
      <Slider aria-label="Size of the thumbnails" thumbLabel="Size of the thumbnails" w={96} size="xs" min={96} max={320} step={16} label={null} value={size} onChange={setSize} />
      {subject && <ObjectMenu refs={[subject]} name={title} />}
    </div>
  );
}

function useCellSize() {
  return useLocalStorage({ key: "grid-size", defaultValue: 144, getInitialValueInEffect: false });
}

interface BodyProps {
  items: ImageItem[]; total: number; isPending: boolean; error: Error | null; empty: ReactNode; onNeed: (index: number) => void; onRetry: () => void;
}

export function GridBody({ items, total, isPending, error, empty, onNeed, onRetry }: BodyProps) {
  const [size] = useCellSize();
  const isLate = useDelayed(isPending);
  if (error && items.length === 0) return <Problem error={error} onRetry={onRetry} />;
  if (isPending) return isLate ? <SkeletonGrid size={size} /> : <div className={classes.scroller} />;
  if (items.length === 0) return <div className={classes.scroller}>{empty}</div>;
  return <ImageGrid items={items} total={total} cellSize={size} onNeed={onNeed} />;
}

function SkeletonGrid({ size }: { size: number }) {
  return (
    <div className={classes.scroller} aria-busy="true" aria-label="Loading">
      <div style={{ display: "grid", gap: 8, paddingTop: 12, gridTemplateColumns: `repeat(auto-fill, minmax(${size}px, 1fr))` }}>
        {Array.from({ length: 24 }, (_, index) => <Skeleton key={index} height={size} mb={24} radius={4} />)}
      </div>
    </div>
  );
}
