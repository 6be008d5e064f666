import { Button, Group } from "@mantine/core";
import { infiniteQueryOptions, useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { GraphDialog } from "../commands/GraphDialog";
import { counted, emptyBin } from "../api/graph";
import { http } from "../api/http";
import type { Page } from "../api/types";
import { SinglePage } from "../shell/SinglePage";
import { Empty } from "../ui/Empty";
import { confirm, openDialog } from "../ui/dialogs";
import { Icon, type IconName } from "../ui/icons";
import { Problem } from "../ui/Problem";
import { say, sayError } from "../ui/toasts";
import { formatDate } from "../ui/units";
import classes from "../pages/ChildrenView.module.css";

interface Binned {
  object: string; type: string; id: number; name: string | null; deleted_at: string;
  deleted_by: { id: number | null; ome_name: string | null }; reason: string | null; may_restore: boolean;
}
const ICONS = new Set(["project", "dataset", "screen", "plate", "image"]);

const binQuery = infiniteQueryOptions({
  queryKey: ["bin"],
  queryFn: ({ pageParam }) => http.get<Page<Binned>>("/bin", { limit: 100, cursor: pageParam }),
  initialPageParam: null as string | null,
  getNextPageParam: (last) => last.next,
});

/** What was deleted, the way back, and the way out for good. */
export function BinPage() {
  const bin = useInfiniteQuery(binQuery);
  const items = bin.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <SinglePage title="Bin">
      {bin.error && <Problem error={bin.error} onRetry={() => void bin.refetch()} />}
      {bin.data && items.length === 0 && <Empty icon="trash" title="The bin is empty.">What you delete comes here and can be brought back.</Empty>}
      {items.length > 0 && <EmptyButton />}
      <ul className={classes.list}>{items.map((item) => <BinRow key={item.object} item={item} />)}</ul>
      {bin.hasNextPage && <Group justify="center"><Button size="xs" variant="default" loading={bin.isFetchingNextPage} onClick={() => void bin.fetchNextPage()}>More</Button></Group>}
    </SinglePage>
  );
}

function EmptyButton() {
  const client = useQueryClient();
  const empty = useMutation({
    mutationFn: async () => {
      const found = counted((await emptyBin(true)).counts);
      if (!found) {
        say("Nothing in the bin was deleted by you.");
        return;
      }
      const text = <>Remove for good all that you deleted: <strong>{found}</strong>? This cannot be undone.</>;
      if (await confirm({ title: "Empty the bin", text, action: "Remove for good", isDanger: true })) {
        await emptyBin(false);
        say("What you deleted was removed for good.");
      }
    },
    onError: sayError,
    onSettled: () => client.invalidateQueries({ queryKey: ["bin"] }),
  });
  return <Group justify="flex-end" px={20} pt={4}><Button size="xs" variant="default" leftSection={<Icon name="trash" />} loading={empty.isPending} onClick={() => empty.mutate()}>Empty…</Button></Group>;
}

function BinRow({ item }: { item: Binned }) {
  const client = useQueryClient();
  const name = item.name || item.object;
  const restore = useMutation({
    mutationFn: () => http.post(`/bin/${pluralOf(item.type)}/${item.id}/restore`),
    onSuccess: () => say(`${name} is back.`),
    onError: sayError,
    onSettled: () => client.invalidateQueries(),
  });
  const purge = () => openDialog("Remove for good", (close) => (
    <GraphDialog operation="purge" objects={[item.object]} options={{}} action="Remove for good" isDanger close={close}
      onDone={async () => {
        say(`${name} was removed for good.`);
        await client.invalidateQueries({ queryKey: ["bin"] });
      }}>
      <div>Remove “{name}” with all that went into the bin with it, and its files that nothing else uses? This cannot be undone.</div>
    </GraphDialog>
  ));
  return (
    <li className={classes.item} title={item.reason ?? undefined}>
      <Icon name={ICONS.has(item.type) ? (item.type as IconName) : "tag"} />
      <span className="truncate" style={{ flex: 1 }}>{name}</span>
      <span className="muted">{item.object}</span>
      <span className="muted">{item.deleted_by.ome_name ?? "the server"}, {formatDate(item.deleted_at)}</span>
      <Button size="compact-xs" variant="default" loading={restore.isPending} disabled={!item.may_restore} onClick={() => restore.mutate()}>Bring back</Button>
      <Button size="compact-xs" variant="subtle" color="red.9" disabled={!item.may_restore} onClick={purge}>Remove…</Button>
    </li>
  );
}

const pluralOf = (type: string): string => (type.endsWith("y") ? `${type.slice(0, -1)}ies` : `${type}s`);
