import { Button } from "@mantine/core";
import { queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { http } from "../api/http";
import { pathOf, plural } from "../api/objects";
import type { ObjectType, Page } from "../api/types";
import { SinglePage } from "../shell/SinglePage";
import { Empty } from "../ui/Empty";
import { Icon } from "../ui/icons";
import { Problem } from "../ui/Problem";
import { say, sayError } from "../ui/toasts";
import classes from "../pages/ChildrenView.module.css";

interface Binned { type: ObjectType; id: number; name: string | null }
const TYPES: ObjectType[] = ["project", "dataset", "screen", "plate", "image"];

const binQuery = queryOptions({
  queryKey: ["bin"],
  queryFn: async () => {
    const pages = await Promise.all(TYPES.map((type) => http.get<Page<Binned>>(`/bin/${plural(type)}`, { limit: 200 })));
    return pages.flatMap((page) => page.items);
  },
});

/** What was deleted, and the way back. */
export function BinPage() {
  const bin = useQuery(binQuery);
  return (
    <SinglePage title="Bin">
      {bin.error && <Problem error={bin.error} onRetry={() => void bin.refetch()} />}
      {bin.data?.length === 0 && <Empty icon="trash" title="The bin is empty.">What you delete comes here and can be brought back.</Empty>}
      <ul className={classes.list}>{bin.data?.map((item) => <BinRow key={`${item.type}-${item.id}`} item={item} />)}</ul>
    </SinglePage>
  );
}

function BinRow({ item }: { item: Binned }) {
  const client = useQueryClient();
  const name = item.name || `${item.type}:${item.id}`;
  const restore = useMutation({
    mutationFn: () => http.post(`/bin${pathOf(item)}/restore`),
    onSuccess: () => say(`${name} is back.`),
    onError: sayError,
    onSettled: () => client.invalidateQueries(),
  });
  return (
    <li className={classes.item}>
      <Icon name={item.type} />
      <span className="truncate" style={{ flex: 1 }}>{name}</span>
      <span className="muted">{item.type}:{item.id}</span>
      <Button size="compact-xs" variant="default" loading={restore.isPending} onClick={() => restore.mutate()}>Bring back</Button>
    </li>
  );
}
